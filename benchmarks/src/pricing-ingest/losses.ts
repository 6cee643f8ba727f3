import { SystemClock } from '@spotopt/kernel';
import { pricingService } from '@spotopt/pricing';
import { waitFor } from '@spotopt/testkit';
import { PrivateMysql } from '@spotopt/testkit/private-mysql';
import type { BenchContext } from '../bench.js';
import { type LoadResult, loadServer } from './http-load.js';
import { type Ingest, withSchema } from './installation.js';
import { POOLS_PER_REPORT } from './report-body.js';
import { type Stored, StoredReports } from './stored-reports.js';

const CONNECTIONS = 16;
const BEFORE_KILL_MS = 4_000;
const DEAD_MS = 2_000;
const AFTER_RESTART_MS = 4_000;
const RECORDED_WITHIN_MS = 300_000;
const REAL_TIME = new SystemClock();

/** Kills the database of pricing while reports come in, and counts afterwards. */
export async function measureLosses(context: BenchContext, ingest: Ingest): Promise<void> {
  const { installation } = ingest;
  const mysql = await PrivateMysql.start(context.signal);
  try {
    const databaseUrl = withSchema(mysql.url, installation.schema);
    await installation.start('pricing', databaseUrl);
    const sent = await sendOverKill(context, ingest, mysql);
    context.tell(
      `${String(sent.accepted)} reports accepted, ${String(sent.unanswered)} not; now they are recorded`,
    );
    const reports = await StoredReports.open(`${databaseUrl}_${pricingService.name}`);
    try {
      await reportCounts(context, ingest, { sent, reports });
    } finally {
      await reports.close();
    }
  } finally {
    await installation.stop('pricing');
    await mysql.stop();
  }
}

interface Sent {
  readonly accepted: number;
  /** Nobody knows whether these were taken. */
  readonly unanswered: number;
}

/** Goes on sending while the database dies, is away, and comes back. */
async function sendOverKill(
  { signal, tell }: BenchContext,
  { senders }: Ingest,
  mysql: PrivateMysql,
): Promise<Sent> {
  const results: LoadResult[] = [];
  const send = async (durationMs: number): Promise<void> => {
    results.push(await loadServer({ senders, connections: CONNECTIONS, durationMs, signal }));
  };
  const sending = send(BEFORE_KILL_MS + DEAD_MS);
  await Promise.all([sending, REAL_TIME.sleep(BEFORE_KILL_MS, signal).then(() => mysql.kill())]);
  tell('the database was killed and is started again');
  await Promise.all([mysql.restart(), send(AFTER_RESTART_MS)]);
  const refused = results.flatMap((result) => [...result.refused.values()]);
  return {
    accepted: results.reduce((sum, { accepted }) => sum + accepted, 0),
    unanswered: refused.reduce((sum, count) => sum + count, 0),
  };
}

async function reportCounts(
  context: BenchContext,
  { installation, broker }: Ingest,
  { sent, reports }: { readonly sent: Sent; readonly reports: StoredReports },
): Promise<void> {
  const { accepted, unanswered } = sent;
  const before = await reports.count();
  const startedAtMs = performance.now();
  const options = { timeoutMs: RECORDED_WITHIN_MS, everyMs: 250, what: 'all reports to be recorded' };
  const allThere = async (): Promise<boolean> =>
    context.signal.aborted || (await reports.count()).distinctReports >= accepted;
  // What is not there by now is lost: the counts say so.
  await waitFor(allThere, options).catch(() => undefined);
  context.signal.throwIfAborted();
  const seconds = (performance.now() - startedAtMs) / 1_000;
  await broker.untilEmpty(`${installation.prefix}pricing.reports`, RECORDED_WITHIN_MS, context.signal);
  const stored = await reports.count();
  const { lost, doubled } = differences(stored, { accepted, unanswered });
  const name = 'pricing-ingest';
  context.report({ name: `${name}.lost`, value: lost, unit: 'rows', reference: accepted });
  context.report({ name: `${name}.doubled`, value: doubled, unit: 'rows', reference: accepted });
  const value = (stored.distinctReports - before.distinctReports) / seconds;
  context.report({ name: `${name}.recorded`, value, unit: 'reports/s', reference: null });
}

/** Every report has an observed time of its own, so that two rows with the same one are the same report. */
function differences(stored: Stored, { accepted, unanswered }: Sent): { lost: number; doubled: number } {
  const { reports, distinctReports, prices } = stored;
  const wantedPrices = POOLS_PER_REPORT * distinctReports;
  const unexpected = Math.max(0, distinctReports - accepted - unanswered);
  return {
    lost: Math.max(0, accepted - distinctReports) + Math.max(0, wantedPrices - prices),
    doubled: reports - distinctReports + unexpected + Math.max(0, prices - wantedPrices),
  };
}
