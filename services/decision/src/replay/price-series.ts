import { AppError } from '@spotopt/kernel';
import { type ReplayMarket, type Scenario, stepAtS } from './scenario.js';

export interface PriceChange {
  /** Whole epoch seconds. */
  readonly atS: number;
  readonly usdPerHour: number;
}

/** The spot prices of one pool, oldest first; a price holds until the next one. */
export interface PriceSeries {
  readonly az: string;
  readonly instanceType: string;
  readonly changes: readonly PriceChange[];
}

/** A time in which a pool gives no machine. */
export interface Outage {
  readonly fromS: number;
  readonly seconds: number;
}

/** A price this little above the on-demand price still counts as equal. */
const SAME_PRICE_USD = 1e-9;

/** Changes of one pool in any order, as a series. */
export function sortedChanges(changes: readonly PriceChange[]): PriceChange[] {
  return [...changes].sort((a, b) => a.atS - b.atS || a.usdPerHour - b.usdPerHour);
}

/**
 * The replay of recorded prices. A pool is away while it costs more than on demand, while it has no price yet, and
 * in its outages.
 * @param outages by pool of the market
 * @throws AppError `no-prices-of-pool`
 */
export function priceScenario(
  market: ReplayMarket,
  series: readonly PriceSeries[],
  outages: Readonly<Record<string, readonly Outage[]>> = {},
): Scenario {
  const byPool = new Map(series.map((one) => [`${one.az}/${one.instanceType}`, one]));
  const columns = market.pools.map((pool) => {
    const known = byPool.get(`${pool.az}/${pool.instanceType}`);
    if (known === undefined) {
      throw AppError.permanent('no-prices-of-pool', `there are no prices of ${pool.id} to replay`);
    }
    const column = heldPrices(market, known.changes, pool.onDemandUsdPerHour);
    for (const outage of outages[pool.id] ?? []) takeAway(column.available, market, outage);
    return column;
  });
  return {
    ...market,
    prices: columns.map(({ prices }) => prices),
    available: columns.map(({ available }) => available),
  };
}

interface Column {
  readonly prices: Float64Array;
  readonly available: Uint8Array;
}

function heldPrices(
  market: ReplayMarket,
  changes: readonly PriceChange[],
  onDemandUsdPerHour: number,
): Column {
  const prices = new Float64Array(market.steps).fill(onDemandUsdPerHour);
  const available = new Uint8Array(market.steps);
  let next = 0;
  let inForce: PriceChange | undefined;
  for (let step = 0; step < market.steps; step += 1) {
    const atS = stepAtS(market, step);
    for (let change = changes[next]; change !== undefined && change.atS <= atS; change = changes[next]) {
      inForce = change;
      next += 1;
    }
    if (inForce === undefined) continue;
    prices[step] = inForce.usdPerHour;
    available[step] = inForce.usdPerHour > onDemandUsdPerHour + SAME_PRICE_USD ? 0 : 1;
  }
  return { prices, available };
}

/** Whole steps, and at least one. */
function takeAway(available: Uint8Array, market: ReplayMarket, { fromS, seconds }: Outage): void {
  const stepOf = (atS: number): number => Math.ceil((atS - market.startS) / market.stepSeconds);
  const first = stepOf(fromS);
  const end = Math.max(first + 1, stepOf(fromS + seconds));
  available.fill(0, Math.min(Math.max(first, 0), market.steps), Math.min(Math.max(end, 0), market.steps));
}

/** What was recorded of one pool, step by step. */
export interface PoolTrace {
  readonly state: readonly number[];
  /** Null where the price stayed the same. */
  readonly price: readonly number[] | null;
  readonly usdPerHour: number | null;
}

/**
 * The replay of recorded availability, one entry per pool of the market and in its order.
 * @throws AppError `trace-too-short`
 */
export function traceScenario(market: ReplayMarket, traces: readonly PoolTrace[]): Scenario {
  const { steps, pools } = market;
  for (const [index, { id }] of pools.entries()) {
    const trace = traces[index];
    const priced = trace?.price?.length ?? (trace?.usdPerHour == null ? 0 : steps);
    if (Math.min(trace?.state.length ?? 0, priced) < steps) {
      throw AppError.permanent('trace-too-short', `the trace of ${id} has fewer than ${String(steps)} steps`);
    }
  }
  return {
    ...market,
    prices: traces.map(({ price, usdPerHour }) =>
      Float64Array.from({ length: steps }, (_, step) => price?.[step] ?? usdPerHour ?? 0),
    ),
    available: traces.map(({ state }) => Uint8Array.from(state.slice(0, steps))),
  };
}
