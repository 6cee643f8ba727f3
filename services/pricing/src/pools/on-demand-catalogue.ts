/** Prices of one region, USD per hour, Linux, shared tenancy. */
interface RegionPrices {
  /** Families whose price is linear in size, by the price of the size `large`. */
  readonly perLarge: Readonly<Record<string, number>>;
  /** Types that are listed one by one. */
  readonly perType: Readonly<Record<string, number>>;
}

const P2_P3_G2_R3 = {
  'p2.xlarge': 0.9,
  'p2.8xlarge': 7.2,
  'p2.16xlarge': 14.4,
  'p3.2xlarge': 3.06,
  'p3.8xlarge': 12.24,
  'p3.16xlarge': 24.48,
  'g2.2xlarge': 0.65,
  'r3.large': 0.166,
};

const US_FAMILIES = {
  t2: 0.0928,
  t3: 0.0832,
  t3a: 0.0752,
  t4g: 0.0672,
  m4: 0.1,
  m5: 0.096,
  m5a: 0.086,
  m5d: 0.113,
  m5n: 0.119,
  m6i: 0.096,
  m6a: 0.0864,
  m6g: 0.077,
  c4: 0.1,
  c5: 0.085,
  c5a: 0.077,
  c5d: 0.096,
  c5n: 0.108,
  c6i: 0.085,
  c6a: 0.0765,
  c6g: 0.068,
  r4: 0.133,
  r5: 0.126,
  r5a: 0.113,
  r5d: 0.144,
  r6i: 0.126,
  r6a: 0.1134,
  r6g: 0.1008,
};

/** Date of the newest list that the catalogue was compared with. */
export const CATALOGUE_AS_OF = '2023-01-06';

/**
 * AWS list prices as published between 2020 and 2023; they have not changed for these families since. Types that
 * were not seen on a list are derived: within these families the price is linear in size.
 */
const LISTED: Readonly<Record<string, RegionPrices>> = {
  'us-east-1': { perLarge: US_FAMILIES, perType: P2_P3_G2_R3 },
  'us-east-2': { perLarge: US_FAMILIES, perType: { 'p3.2xlarge': 3.06 } },
  'us-west-2': { perLarge: US_FAMILIES, perType: P2_P3_G2_R3 },
  'eu-west-1': {
    perLarge: { t3: 0.0912, t3a: 0.0816, m5: 0.107, m5d: 0.126, c5: 0.096, r5: 0.141 },
    perType: {},
  },
  'eu-west-3': {
    perLarge: { t3: 0.0944, t3a: 0.085, m5: 0.112, m5d: 0.132, c5: 0.101, r5: 0.148 },
    perType: { 't3a.small': 0.0212 },
  },
  'ap-south-1': { perLarge: { t3: 0.0896, t3a: 0.0492, m5: 0.101, c5: 0.085, r5: 0.13 }, perType: {} },
};

const LARGES_PER_SIZE: Readonly<Record<string, number>> = {
  nano: 1 / 16,
  micro: 1 / 8,
  small: 1 / 4,
  medium: 1 / 2,
  large: 1,
  xlarge: 2,
  '2xlarge': 4,
  '4xlarge': 8,
  '8xlarge': 16,
  '9xlarge': 18,
  '12xlarge': 24,
  '16xlarge': 32,
  '18xlarge': 36,
  '24xlarge': 48,
  '32xlarge': 64,
};

/** `metal` is priced like the largest size of its family. */
const LARGES_PER_METAL: Readonly<Record<string, number>> = {
  m5: 48,
  m5d: 48,
  c5: 48,
  r5: 48,
  m6i: 64,
  c6i: 64,
};

/**
 * The list price, or undefined when the catalogue does not know it.
 * @returns USD per hour, rounded to the ten-thousandth that AWS prices in
 */
export function listPriceOf(region: string, instanceType: string): number | undefined {
  const prices = entryOf(LISTED, region);
  if (prices === undefined) return undefined;
  const listed = entryOf(prices.perType, instanceType);
  if (listed !== undefined) return listed;
  const [family = '', size = ''] = instanceType.split('.');
  const perLarge = entryOf(prices.perLarge, family);
  const larges = size === 'metal' ? entryOf(LARGES_PER_METAL, family) : entryOf(LARGES_PER_SIZE, size);
  if (perLarge === undefined || larges === undefined) return undefined;
  return Math.round(perLarge * larges * 10_000) / 10_000;
}

/** What an agent calls its type may also be the name of something that every object has. */
function entryOf<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
