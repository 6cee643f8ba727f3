import { seedOf } from '../region/seeded-random.js';
import type { SimulatedRegion } from '../region/simulated-region.js';
import { poolIdOf } from '../region/zones.js';

/** As AWS publishes them: the label says less than `max`, which overlaps the next range. */
const RANGES = [
  { index: 0, label: '<5%', dots: 0, max: 5 },
  { index: 1, label: '5-10%', dots: 1, max: 11 },
  { index: 2, label: '10-15%', dots: 2, max: 16 },
  { index: 3, label: '15-20%', dots: 3, max: 22 },
  { index: 4, label: '>20%', dots: 4, max: 100 },
];

/** How the fault list and the count of calls name this read, which is no operation of an AWS API. */
const READ_NAME = 'ReadSpotAdvisor';

interface Advice {
  /** Saving against on-demand in percent. */
  readonly s: number;
  /** Index of a range. */
  readonly r: number;
}

function adviceOf(region: SimulatedRegion, instanceType: string): Advice | undefined {
  const onDemandUsd = region.priceBook.onDemand(instanceType)?.usdPerHour;
  const nowMs = region.clock.nowMs();
  const spotUsd = region.zones.flatMap(
    (zone) => region.priceBook.priceAt(poolIdOf(instanceType, zone.name), nowMs)?.usdPerHour ?? [],
  );
  if (onDemandUsd === undefined || spotUsd.length === 0) return undefined;
  const meanUsd = spotUsd.reduce((sum, usd) => sum + usd, 0) / spotUsd.length;
  const s = Math.max(0, Math.round((1 - meanUsd / onDemandUsd) * 100));
  return { s, r: seedOf(instanceType, region.marketSeed) % RANGES.length };
}

/** `spot-advisor-data.json` for the region: the public file that AWS keeps for all of them. */
export function spotAdvisorData(region: SimulatedRegion): Record<string, unknown> {
  region.advance();
  region.faults.beforeActing(READ_NAME);
  const types = [...new Set(region.pools.all().map((pool) => pool.instanceType))].sort();
  const linux = types.flatMap((type) => {
    const advice = adviceOf(region, type);
    return advice === undefined ? [] : [[type, advice] as const];
  });
  return {
    global_rate: '<10%',
    instance_types: {},
    ranges: RANGES,
    spot_advisor: { [region.name]: { Linux: Object.fromEntries(linux), Windows: {} } },
  };
}
