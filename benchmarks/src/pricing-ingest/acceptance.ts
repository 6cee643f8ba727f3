import { createRequire } from 'node:module';
import { rabbitUrl, waitFor } from '@spotopt/testkit';
import { freePort, SupervisedProcess } from '@spotopt/tests';
import type { BenchContext } from '../bench.js';
import { medianOf } from '../median.js';
import { type LoadResult, loadServer, type Sender } from './http-load.js';
import type { Ingest } from './installation.js';

const CONNECTIONS = 128;
const WARM_UP_MS = 3_000;
const ROUND_MS = 5_000;
const ROUNDS = 5;
const START_WITHIN_MS = 20_000;
/** Where a price report waits for its readers. */
const GATEWAY_SIDE = ['pricing.reports', 'gateway.event-log'];
const resolveFrom = createRequire(import.meta.url);

/** Reports per second that are answered with success: the gateway in turn with the bare reference. */
export async function measureAcceptance(context: BenchContext, given: Ingest): Promise<void> {
  const { installation, broker } = given;
  const exchange = `${installation.prefix}reference`;
  await broker.declareReference(exchange);
  const port = await freePort();
  const reference = new SupervisedProcess({
    name: 'reference',
    entry: resolveFrom.resolve('./reference/main.js'),
    env: { RABBITMQ_URL: rabbitUrl(), REFERENCE_EXCHANGE: exchange, HTTP_PORT: String(port) },
    restart: false,
    log: context.tell,
  });
  try {
    await untilListening(port);
    const target = { port, path: '/reports', token: 'none' };
    const bare = given.senders.map(({ bodies }) => ({ bodies, target }));
    const { gateway, plain } = await alternate(context, given, { bare, exchange });
    const [value, reference] = [medianOf(gateway), medianOf(plain)];
    context.report({ name: 'pricing-ingest.accepted', value, unit: 'reports/s', reference });
  } finally {
    await reference.stop();
    await broker.removeReference(exchange);
  }
}

/**
 * The gateway goes on consuming its own copies meanwhile. What waits after a round is thrown away, so that nobody works
 * on it while the other side is measured; pricing is stopped.
 */
async function alternate(
  context: BenchContext,
  { installation, broker, senders }: Ingest,
  { bare, exchange }: { readonly bare: readonly Sender[]; readonly exchange: string },
): Promise<{ gateway: number[]; plain: number[] }> {
  const rates = { gateway: [] as number[], plain: [] as number[] };
  for (let round = 0; round <= ROUNDS; round += 1) {
    const durationMs = round === 0 ? WARM_UP_MS : ROUND_MS;
    const load = { connections: CONNECTIONS, durationMs, signal: context.signal };
    const plain = perSecond(await loadServer({ ...load, senders: bare }));
    await broker.purge(exchange);
    const gateway = perSecond(await loadServer({ ...load, senders }));
    for (const queue of GATEWAY_SIDE) await broker.purge(installation.prefix + queue);
    if (round === 0) continue;
    rates.plain.push(plain);
    rates.gateway.push(gateway);
    context.tell(`round ${String(round)}: gateway ${gateway.toFixed(0)}/s, reference ${plain.toFixed(0)}/s`);
  }
  return rates;
}

function perSecond({ accepted, refused, seconds }: LoadResult): number {
  if (refused.size > 0) throw new Error(`refused, by status: ${JSON.stringify([...refused])}`);
  return accepted / seconds;
}

async function untilListening(port: number): Promise<void> {
  const url = `http://127.0.0.1:${String(port)}/`;
  const isThere = (): Promise<boolean> => fetch(url).then(() => true);
  await waitFor(isThere, { timeoutMs: START_WITHIN_MS, everyMs: 50, what: 'the reference to listen' });
}
