import { poolIdOf, regionOf } from '@spotopt/contracts';
import { AppError } from '@spotopt/kernel';
import { type Outage, priceScenario, type PriceSeries, type Scenario } from '../replay/index.js';

/** What is known of a pool besides its prices. */
export interface PoolFacts {
  readonly onDemandUsdPerHour: number | null;
  readonly advisorBucket: number | null;
}

/** Prices of the past with what is known of their pools. */
export interface PriceHistory {
  readonly source: 'stored' | 'imported';
  readonly series: readonly PriceSeries[];
  /** By pool id. */
  readonly facts: ReadonlyMap<string, PoolFacts>;
  /** Times in which a pool is known to have given no machine, by pool id. */
  readonly outages: ReadonlyMap<string, readonly Outage[]>;
}

export interface HistoryChoice {
  readonly region: string | null;
  readonly instanceType: string;
  readonly poolIds: readonly string[] | null;
  readonly onDemandUsdPerHour: number | null;
  readonly fromS: number | null;
  /** Up to the end, where `fromS` is null; null for all there is. */
  readonly days: number | null;
  readonly toS: number | null;
  readonly stepSeconds: number;
}

/** More would take minutes and tell nothing new. */
const MAX_STEPS = 60_000;
const MAX_POOLS = 50;
const DAY_S = 86_400;

/**
 * The part of a history that is to be replayed.
 * @throws AppError `no-price-history`, `region-needed`, `on-demand-price-unknown`, `history-too-short` or
 *   `history-too-long`, each with what to do about it
 */
export function scenarioOfHistory(
  history: PriceHistory,
  choice: HistoryChoice,
): { scenario: Scenario; notes: string[] } {
  const series = chosenSeries(history, choice);
  const onDemandOf = (one: PriceSeries): number => onDemandUsdPerHour(history, choice, one);
  const { startS, steps, notes } = gridOf(series, choice);
  const pools = series.map((one) => ({
    id: `${one.az}/${one.instanceType}`,
    region: regionOf(one.az),
    az: one.az,
    instanceType: one.instanceType,
    onDemandUsdPerHour: onDemandOf(one),
    advisorBucket: history.facts.get(poolIdOf(one.instanceType, one.az))?.advisorBucket ?? null,
  }));
  const ofType = series.find(({ instanceType }) => instanceType === choice.instanceType);
  const market = {
    id: 'backtest',
    kind: 'prices' as const,
    startS,
    stepSeconds: choice.stepSeconds,
    steps,
    pools,
    onDemand: {
      instanceType: choice.instanceType,
      usdPerHour: choice.onDemandUsdPerHour ?? onDemandOf(ofType ?? first(series)),
    },
  };
  const outages = Object.fromEntries(
    pools.map(({ id, instanceType, az }) => [id, history.outages.get(poolIdOf(instanceType, az)) ?? []]),
  );
  return { scenario: priceScenario(market, series, outages), notes };
}

function first(series: readonly PriceSeries[]): PriceSeries {
  const [one] = series;
  if (one === undefined) throw AppError.permanent('no-price-history', 'there are no prices to replay');
  return one;
}

/** In the order of their pool ids. */
function chosenSeries({ series, source }: PriceHistory, choice: HistoryChoice): PriceSeries[] {
  const { region, instanceType, poolIds } = choice;
  const found = series
    .filter(({ changes }) => changes.length > 0)
    .filter((one) =>
      poolIds === null
        ? one.instanceType === instanceType && (region === null || regionOf(one.az) === region)
        : poolIds.includes(poolIdOf(one.instanceType, one.az)),
    )
    .sort((a, b) => (poolIdOf(a.instanceType, a.az) < poolIdOf(b.instanceType, b.az) ? -1 : 1));
  const regions = [...new Set(found.map(({ az }) => regionOf(az)))];
  if (found.length === 0) {
    const what = poolIds?.join(', ') ?? instanceType;
    const where = region === null || poolIds !== null ? '' : ` in ${region}`;
    throw AppError.permanent(
      'no-price-history',
      `there are no ${source} prices of ${what}${where}${knownTypes(series)}`,
    );
  }
  if (poolIds === null && regions.length > 1) {
    throw AppError.permanent(
      'region-needed',
      `${instanceType} has prices in ${regions.join(', ')}: name one as region, or list the pools`,
    );
  }
  if (found.length > MAX_POOLS) {
    throw AppError.permanent('too-many-pools', `a backtest takes up to ${String(MAX_POOLS)} pools`);
  }
  return found;
}

function knownTypes(series: readonly PriceSeries[]): string {
  const types = [...new Set(series.map(({ instanceType }) => instanceType))].sort().slice(0, 10);
  return types.length === 0
    ? '; the list of pools shows what is known'
    : `; there are some of ${types.join(', ')}`;
}

function onDemandUsdPerHour({ facts }: PriceHistory, choice: HistoryChoice, series: PriceSeries): number {
  const poolId = poolIdOf(series.instanceType, series.az);
  const isOfType = series.instanceType === choice.instanceType;
  const usdPerHour =
    (isOfType ? choice.onDemandUsdPerHour : null) ?? facts.get(poolId)?.onDemandUsdPerHour ?? null;
  if (usdPerHour !== null) return usdPerHour;
  throw AppError.permanent(
    'on-demand-price-unknown',
    isOfType
      ? `the on-demand price of ${poolId} is not known: give it as on_demand_usd_per_hour`
      : `the on-demand price of ${poolId} is not known: leave the pool out`,
  );
}

/** Starts where the first pool has a price: before that there is nothing to decide about. */
function gridOf(
  series: readonly PriceSeries[],
  { fromS: givenFromS, days, toS, stepSeconds }: HistoryChoice,
): { startS: number; steps: number; notes: string[] } {
  const knownFromS = Math.min(...series.flatMap(({ changes }) => changes[0]?.atS ?? []));
  const knownToS = Math.max(...series.flatMap(({ changes }) => changes.at(-1)?.atS ?? []));
  const notes: string[] = [];
  const endS = toS ?? knownToS;
  const fromS = givenFromS ?? (days === null ? null : endS - days * DAY_S);
  if (fromS !== null && fromS + stepSeconds < knownFromS) {
    notes.push(`prices begin at ${isoOf(knownFromS)}, and so does the replay`);
  }
  const startS = Math.ceil(Math.max(fromS ?? knownFromS, knownFromS) / stepSeconds) * stepSeconds;
  const steps = Math.floor((endS - startS) / stepSeconds);
  if (steps < 2) {
    throw AppError.permanent(
      'history-too-short',
      `there is no price history in this window; what is known reaches from ${isoOf(knownFromS)} to ${isoOf(knownToS)}`,
    );
  }
  if (steps > MAX_STEPS) {
    throw AppError.permanent(
      'history-too-long',
      `${String(steps)} steps are more than ${String(MAX_STEPS)}: choose a shorter window, or longer steps`,
    );
  }
  return { startS, steps, notes };
}

function isoOf(atS: number): string {
  return new Date(atS * 1000).toISOString();
}
