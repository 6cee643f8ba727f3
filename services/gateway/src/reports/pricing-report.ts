import { PoolId, poolIdOf } from '@spotopt/contracts';
import type { EventData, PricingReportedV1, ResolvedAgent } from '@spotopt/contracts';
import { normaliseMode } from '@spotopt/contracts/http';
import type { PricingReportBody } from '@spotopt/contracts/http';
import { firstGiven } from '../first-given.js';
import { invalidRequest } from '../invalid-body.js';

type PricingReported = EventData<typeof PricingReportedV1>;
type Price = PricingReported['prices'][number];
type Rejected = PricingReported['rejected'][number];
type PoolPriceBody = NonNullable<PricingReportBody['spot_pools']>[number];

export interface ReceivedReport {
  readonly reportId: string;
  readonly agent: ResolvedAgent;
  readonly body: PricingReportBody;
  readonly receivedAt: string;
}

/** Prices per hour outside (0, 100] USD are mistakes of the reporter. */
const MAX_USD_PER_HOUR = 100;
const POOL_ID_LENGTH = 64;

function priceProblem(value: unknown): string | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value)) return 'not-a-number';
  if (value <= 0) return 'not-above-zero';
  return value > MAX_USD_PER_HOUR ? 'above-100-usd-per-hour' : undefined;
}

function validPrice(value: unknown): number | null {
  return priceProblem(value) === undefined ? (value as number) : null;
}

function namedPool(entry: PoolPriceBody): string {
  const named = entry.pool_id ?? entry.id;
  if (named !== null && named !== undefined && PoolId.safeParse(named).success) return named;
  const built = poolIdOf(entry.instance_type ?? '', entry.az ?? '');
  return PoolId.safeParse(built).success ? built : (named ?? built);
}

/** Judges prices one by one; of two for one pool the last counts. */
class PriceCollector {
  readonly #prices = new Map<string, Price>();
  readonly rejected: Rejected[] = [];

  constructor(private readonly observedAt: string) {}

  add(poolId: string, value: unknown): void {
    const problem = PoolId.safeParse(poolId).success ? priceProblem(value) : 'not-a-pool-id';
    if (problem === undefined) {
      this.#prices.set(poolId, { poolId, spotUsdPerHour: value as number, observedAt: this.observedAt });
    } else {
      this.rejected.push({ poolId: poolId.slice(0, POOL_ID_LENGTH), value: value ?? null, reason: problem });
    }
  }

  has(poolId: string): boolean {
    return this.#prices.has(poolId);
  }

  get prices(): Price[] {
    return [...this.#prices.values()];
  }
}

function listedPools(body: PricingReportBody): readonly PoolPriceBody[] {
  return [...(body.pricing?.spot_pools ?? []), ...(body.spot_pools ?? []), ...(body.pools ?? [])];
}

function onDemandOf(body: PricingReportBody): number | null {
  const outer = body.on_demand_price;
  const value = body.pricing?.on_demand_price ?? (typeof outer === 'object' ? outer?.price : outer);
  return validPrice(value);
}

function currentPoolOf({ instance, pool_id: poolId }: PricingReportBody): string | null {
  const named = instance?.pool_id ?? instance?.current_pool_id ?? poolId;
  return named !== null && named !== undefined && PoolId.safeParse(named).success ? named : null;
}

function assertSomeShape(body: PricingReportBody): void {
  const parts = [body.pricing, body.spot_pools, body.pools, body.pool_id, body.on_demand_price];
  if (parts.some((part) => part !== null && part !== undefined)) return;
  throw invalidRequest([
    { path: ['pricing'], message: 'expected pricing, spot_pools, pools or pool_id with spot_price' },
  ]);
}

function collect(body: PricingReportBody, observedAt: string): PriceCollector {
  const collector = new PriceCollector(observedAt);
  for (const entry of listedPools(body)) collector.add(namedPool(entry), entry.price);
  if (body.pool_id !== null && body.pool_id !== undefined) collector.add(body.pool_id, body.spot_price);
  const current = body.pricing?.current_spot_price;
  const currentPool = currentPoolOf(body);
  if (current !== null && current !== undefined && currentPool !== null && !collector.has(currentPool)) {
    collector.add(currentPool, current);
  }
  return collector;
}

/**
 * A report of any of the four dialects in the words of the contract.
 * @throws AppError `invalid-request` (permanent) for a body that carries no prices in any dialect
 */
export function normalisePricingReport(received: ReceivedReport): PricingReported {
  const { reportId, agent, body, receivedAt } = received;
  assertSomeShape(body);
  const observedAt = firstGiven(body.pricing?.collected_at, body.collected_at, body.timestamp) ?? receivedAt;
  const collector = collect(body, observedAt);
  const { instance } = body;
  return {
    reportId,
    agentKey: agent.agentKey,
    agentId: agent.agentId,
    clientId: agent.clientId,
    ec2InstanceId: firstGiven(instance?.instance_id, body.instance_id, agent.ec2InstanceId),
    instanceType: firstGiven(instance?.instance_type),
    region: firstGiven(instance?.region),
    mode: normaliseMode(firstGiven(instance?.mode, instance?.current_mode)),
    currentPoolId: currentPoolOf(body),
    onDemandUsdPerHour: onDemandOf(body),
    prices: collector.prices,
    rejected: collector.rejected,
    observedAt,
    receivedAt,
    body,
  };
}
