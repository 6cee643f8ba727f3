import { GOLDEN_OBSERVATION, type Observation, type PoolObservation } from '@spotopt/decision';

const AT = '2026-11-21T12:00:00.000Z';
const POOLS = 200;
const FAMILIES = ['m5', 'm6i', 'm7i', 'c5', 'c6i', 'c7i', 'r5', 'r6i', 'r7i', 't3'];
const SIZES = ['large', 'xlarge', '2xlarge', '4xlarge', '8xlarge'];
const ZONES = ['us-east-1a', 'us-east-1b', 'us-east-1c', 'us-east-1d'];

/** Pools of a region as they are seen at a decision: prices, marks and histories differ, nothing is drawn. */
export function marketOf200(): Observation {
  const pools = Array.from({ length: POOLS }, (_, index) => poolAt(index)).sort((a, b) =>
    a.poolId < b.poolId ? -1 : 1,
  );
  return {
    ...GOLDEN_OBSERVATION,
    at: AT,
    agentId: 'bench',
    changesAt: ['2026-11-18T03:00:00.000Z', '2026-11-20T17:20:00.000Z'],
    pools,
  };
}

function poolAt(index: number): PoolObservation {
  const family = FAMILIES[index % FAMILIES.length] ?? 'm5';
  const size = SIZES[Math.floor(index / FAMILIES.length) % SIZES.length] ?? 'large';
  const az = ZONES[Math.floor(index / (FAMILIES.length * SIZES.length)) % ZONES.length] ?? 'us-east-1a';
  const onDemandUsdPerHour = 0.1 + (index % 17) * 0.01;
  return {
    poolId: `${family}.${size}.${az}`,
    az,
    instanceType: `${family}.${size}`,
    usdPerHour: onDemandUsdPerHour * (0.3 + (index % 11) * 0.05),
    onDemandUsdPerHour,
    pricesReadUntil: '2026-11-21T11:55:12.345Z',
    available: index % 13 !== 0,
    interruptions30d: index % 5,
    volatility24h: (index % 7) / 50,
    rising: index % 3 === 0,
    quietHours: (index * 37) % 700,
    blockedUntil: index % 29 === 0 ? '2026-11-21T13:00:00.000Z' : null,
    underNotice: index % 31 === 0,
    belief: null,
  };
}
