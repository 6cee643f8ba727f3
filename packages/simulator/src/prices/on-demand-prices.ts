export interface OnDemandPrice {
  readonly usdPerHour: number;
  /** `listed` in the table below, `derived` from the family's price, `estimated` from spot prices. */
  readonly source: 'listed' | 'derived' | 'estimated';
}

/** Linux, shared tenancy, USD per hour; list prices as published in 2023 (older generations: their last). */
export const ON_DEMAND_PRICES_AS_OF = '2023-01-06';

/** USD per hour of the `large` size (`xlarge` where a family starts there); linear in size. */
const US: Readonly<Record<string, number>> = {
  t2: 0.0928,
  t3: 0.0832,
  t3a: 0.0752,
  t4g: 0.0672,
  m5: 0.096,
  m5a: 0.086,
  m5d: 0.113,
  m6a: 0.0864,
  m6g: 0.077,
  m6i: 0.096,
  m7g: 0.0816,
  m7i: 0.1008,
  c5: 0.085,
  c5a: 0.077,
  c5d: 0.096,
  c6a: 0.0765,
  c6g: 0.068,
  c6i: 0.085,
  c7g: 0.0725,
  r3: 0.166,
  r5: 0.126,
  r5a: 0.113,
  r5d: 0.144,
  r6a: 0.1134,
  r6g: 0.1008,
  r6i: 0.126,
  i3: 0.156,
  p2: 0.45,
  p3: 0.765,
  g2: 0.1625,
};

const LARGE_BY_REGION: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'us-east-1': US,
  'us-east-2': US,
  'us-west-2': US,
  'eu-west-3': {
    t3: 0.0944,
    t3a: 0.085,
    m5: 0.112,
    m5d: 0.132,
    m6i: 0.112,
    c5: 0.101,
    c6i: 0.101,
    r5: 0.148,
    r6i: 0.148,
  },
};

/** Prices that were read as such; every other one of a listed family follows from its `large` size. */
const LISTED: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'us-east-1': {
    't3.medium': 0.0416,
    't3.large': 0.0832,
    'm5.large': 0.096,
    'c5.large': 0.085,
    'r5.large': 0.126,
    'g2.2xlarge': 0.65,
    'r3.large': 0.166,
    'p2.xlarge': 0.9,
    'p2.8xlarge': 7.2,
    'p2.16xlarge': 14.4,
    'p3.2xlarge': 3.06,
    'p3.8xlarge': 12.24,
    'p3.16xlarge': 24.48,
  },
  'us-east-2': { 'p3.2xlarge': 3.06 },
  'us-west-2': {
    't3.medium': 0.0416,
    'm5.large': 0.096,
    'c5.large': 0.085,
    'r5.large': 0.126,
    'p2.xlarge': 0.9,
    'p2.8xlarge': 7.2,
    'p2.16xlarge': 14.4,
    'p3.2xlarge': 3.06,
    'p3.8xlarge': 12.24,
    'p3.16xlarge': 24.48,
  },
  'eu-west-3': {
    'c5.2xlarge': 0.404,
    'm5d.16xlarge': 4.224,
    't3.large': 0.0944,
    't3a.nano': 0.0053,
    't3a.small': 0.0212,
    't3a.medium': 0.0425,
  },
};

/** Size in units of `large`. */
function sizeUnits(size: string): number | undefined {
  const named: Readonly<Record<string, number>> = {
    nano: 1 / 16,
    micro: 1 / 8,
    small: 1 / 4,
    medium: 1 / 2,
    large: 1,
    xlarge: 2,
    metal: 48,
  };
  const multiple = /^(\d+)xlarge$/.exec(size)?.[1];
  return multiple === undefined ? named[size] : Number(multiple) * 2;
}

export function listedOnDemandPrice(region: string, instanceType: string): OnDemandPrice | undefined {
  const listed = LISTED[region]?.[instanceType];
  if (listed !== undefined) return { usdPerHour: listed, source: 'listed' };
  const [family = '', size = ''] = instanceType.split('.');
  const large = LARGE_BY_REGION[region]?.[family];
  const units = sizeUnits(size);
  if (large === undefined || units === undefined) return undefined;
  return { usdPerHour: Number((large * units).toFixed(4)), source: 'derived' };
}

/** Spot has long cost about a third of on-demand; AWS's own pages speak of savings of 60 to 70 %. */
const SPOT_TO_ON_DEMAND_FACTOR = 3;

/** For types that no table lists: the median spot price times a factor, and never below a price that was paid. */
export function estimateOnDemandPrice(spotPricesUsd: readonly number[]): OnDemandPrice {
  const sorted = [...spotPricesUsd].sort((a, b) => a - b);
  const median = sorted[sorted.length >>> 1] ?? 0;
  const highest = sorted.at(-1) ?? 0;
  const usdPerHour = Number(Math.max(median * SPOT_TO_ON_DEMAND_FACTOR, highest).toFixed(4));
  return { usdPerHour, source: 'estimated' };
}

/** On-demand price of every type that has spot prices. */
export function onDemandPricesFor(
  region: string,
  spotPricesByType: ReadonlyMap<string, readonly number[]>,
): Map<string, OnDemandPrice> {
  return new Map(
    [...spotPricesByType].map(([instanceType, prices]) => [
      instanceType,
      listedOnDemandPrice(region, instanceType) ?? estimateOnDemandPrice(prices),
    ]),
  );
}
