import type { Observation, PoolObservation } from '../engine/ports.js';

/** One number about one pool. Computed from the observation alone, so that a decision can be made again. */
export interface Feature {
  readonly unit: string;
  readonly description: string;
  /** Stands for what is not known, unless the manifest names another number. */
  readonly unknown: number;
  readonly of: (pool: PoolObservation, observation: Observation) => number | null;
}

const MS_PER_MINUTE = 60_000;
const MS_PER_HOUR = 3_600_000;
const SECONDS_PER_HOUR = 3_600;

const flag = (value: boolean | null): number | null => (value === null ? null : Number(value));
const isCurrent = (pool: PoolObservation, { current }: Observation): boolean =>
  current?.mode === 'spot' && current.poolId === pool.poolId;

/** Everything that a model may ask for, by name. A name never changes its meaning; a new meaning gets a new name. */
export const FEATURES: Readonly<Record<string, Feature>> = {
  price_ratio: {
    unit: 'ratio',
    description: 'spot price over the on-demand price of the same machine',
    unknown: 1,
    of: ({ usdPerHour, onDemandUsdPerHour }) =>
      usdPerHour === null || onDemandUsdPerHour === null || onDemandUsdPerHour <= 0
        ? null
        : usdPerHour / onDemandUsdPerHour,
  },
  price: { unit: 'USD/h', description: 'spot price', unknown: 0, of: ({ usdPerHour }) => usdPerHour },
  on_demand_price: {
    unit: 'USD/h',
    description: 'on-demand price of the same machine in the zone of the pool',
    unknown: 0,
    of: ({ onDemandUsdPerHour }) => onDemandUsdPerHour,
  },
  price_age: {
    unit: 'min',
    description: 'since the prices of the pool were last read',
    unknown: 1440,
    of: ({ pricesReadUntil }, { at }) =>
      pricesReadUntil === null
        ? null
        : Math.max(0, (Date.parse(at) - Date.parse(pricesReadUntil)) / MS_PER_MINUTE),
  },
  volatility_24h: {
    unit: 'ratio',
    description: 'standard deviation over mean of the last 24 hours of prices',
    unknown: 0.5,
    of: ({ volatility24h }) => volatility24h,
  },
  rising: {
    unit: '0 or 1',
    description: 'the price is above that of six hours ago',
    unknown: 0.5,
    of: ({ rising }) => flag(rising),
  },
  interruptions_30d: {
    unit: 'count',
    description: 'terminating interruptions that hit the pool in the last 30 days',
    unknown: 0,
    of: ({ interruptions30d }) => interruptions30d,
  },
  quiet_hours: {
    unit: 'h',
    description: 'since the pool last interrupted or refused a launch',
    unknown: 0,
    of: ({ quietHours }) => quietHours,
  },
  available: {
    unit: '0 or 1',
    description: 'the pool is not known to refuse machines',
    unknown: 0.5,
    of: ({ available }) => flag(available),
  },
  under_notice: {
    unit: '0 or 1',
    description: 'a machine of the fleet in this pool has a notice',
    unknown: 0,
    of: ({ underNotice }) => Number(underNotice),
  },
  blocked: {
    unit: '0 or 1',
    description: 'nothing is placed here at the moment',
    unknown: 0,
    of: ({ blockedUntil }, { at }) => Number(blockedUntil !== null && blockedUntil > at),
  },
  is_current: {
    unit: '0 or 1',
    description: 'the primary runs in this pool',
    unknown: 0,
    of: (pool, observation) => Number(isCurrent(pool, observation)),
  },
  current_age: {
    unit: 'h',
    description: 'since the primary runs in this pool; 0 in all others',
    unknown: 0,
    of: (pool, observation) => {
      if (!isCurrent(pool, observation)) return 0;
      const ageSeconds = observation.current?.ageSeconds ?? null;
      return ageSeconds === null ? null : ageSeconds / SECONDS_PER_HOUR;
    },
  },
  hour_of_day: {
    unit: 'h UTC',
    description: 'time of day, 0 to 24, with its fraction',
    unknown: 0,
    of: (_pool, { at }) => (Date.parse(at) / MS_PER_HOUR) % 24,
  },
  day_of_week: {
    unit: '0 to 6',
    description: 'day of the week in UTC, Sunday is 0',
    unknown: 0,
    of: (_pool, { at }) => new Date(at).getUTCDay(),
  },
};

export interface FeatureChoice {
  readonly name: string;
  readonly unknown?: number | undefined;
}

/** One row per pool, in the order of the pools and of the features. */
export function featureMatrix(observation: Observation, chosen: readonly FeatureChoice[]): Float32Array {
  const rows = new Float32Array(observation.pools.length * chosen.length);
  observation.pools.forEach((pool, row) => {
    chosen.forEach(({ name, unknown }, column) => {
      const feature = FEATURES[name];
      const value = feature?.of(pool, observation) ?? unknown ?? feature?.unknown ?? 0;
      rows[row * chosen.length + column] = value;
    });
  });
  return rows;
}
