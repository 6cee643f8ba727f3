import { AgentOfflineV1, AgentOnlineV1, parsePoolId, regionOf, SpotPriceChangedV1 } from '@spotopt/contracts';
import { AppError } from '@spotopt/kernel';
import { LegacyReporter } from '../legacy-reporter.js';
import { holdStill, untilOnSimulator } from '../observations.js';
import { BUCKET_MS, type ChartPoint, picture, readChart } from '../price-chart.js';
import { poolsOf } from '../prices.js';
import { type EventLog, type Findings, type Invariant, invariant, type Scenario } from '../scenario.js';
import type { World } from '../world.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Time with reports before, between and after the gaps. */
const CALM_MS = 35 * MINUTE_MS;

interface Outage {
  readonly name: string;
  readonly lengthMs: number;
  /** What the chart must show of it. */
  readonly state: ChartPoint['state'];
  readonly method: string | null;
  readonly confidence: number | null;
}

const OUTAGES: readonly Outage[] = [
  {
    name: 'twenty-minutes',
    lengthMs: 20 * MINUTE_MS,
    state: 'filled',
    method: 'weighted-average',
    confidence: 0.75,
  },
  { name: 'three-hours', lengthMs: 3 * HOUR_MS, state: 'filled', method: 'cross-pool', confidence: 0.7 },
  { name: 'five-hours', lengthMs: 5 * HOUR_MS, state: 'empty', method: null, confidence: null },
];

interface Silence extends Outage {
  readonly fromMs: number;
  readonly untilMs: number;
}

/**
 * The control plane may not read AWS's price history, so that the agent is all it has. The agent goes silent three
 * times; an older agent in another zone reports its own pool throughout.
 */
export const dataGap: Scenario = {
  name: 'data-gap',
  summary:
    'an agent is offline for 20 minutes, 3 hours and 5 hours; charts show what is measured, filled and empty',
  world: { workloads: 1, market: 'spot', readPriceHistory: false },
  speed: { standalone: 480, distributed: 240 },

  async play(world, events, tell): Promise<Findings> {
    const workload = world.workloads[0];
    if (workload === undefined) throw AppError.bug('no-workload', 'the world has no workload');
    const agent = await holdStill(world, workload);
    await events.until('a first price', (event) => event.type === SpotPriceChangedV1.type);
    const poolIds = poolsOf(world, agent.ec2InstanceId);
    const peer = poolIds.at(-1);
    if (peer === undefined) throw AppError.bug('no-pools', 'the region has no pools of this type');
    const legacy = await startLegacyReporter(world, peer);
    const zeroMs = world.clock.nowMs();
    const silences: Silence[] = [];
    await world.clock.sleep(CALM_MS);
    for (const outage of OUTAGES) {
      silences.push(await silence(world, events, { outage, agent, tell }));
      await world.clock.sleep(CALM_MS);
    }
    await legacy.stop();
    const untilMs = world.clock.nowMs() - 2 * BUCKET_MS;
    const chart = await untilConsolidated(world, agent.ec2InstanceId, { zeroMs, untilMs });
    for (const [poolId, points] of chart) tell(`${picture(points)} ${poolId}`);
    return {
      zeroMs,
      invariants: [
        ...silences.flatMap((gap) => judgeGap(gap, { chart, peer })),
        judgePeer(chart.get(peer) ?? []),
        judgeMeasured(chart, world),
        judgeGrid(chart),
      ],
      figures: {
        pools: chart.size,
        measured: count(chart, 'measured'),
        filled: count(chart, 'filled'),
        empty: count(chart, 'empty'),
        legacyReports: legacy.reports,
      },
    };
  },
};

function startLegacyReporter(world: World, poolId: string): Promise<LegacyReporter> {
  const { instanceType, az } = parsePoolId(poolId);
  return LegacyReporter.start(world, { poolId, instanceType, az, region: regionOf(az) });
}

async function silence(
  world: World,
  events: EventLog,
  story: {
    readonly outage: Outage;
    readonly agent: { readonly agentId: string; readonly ec2InstanceId: string };
    readonly tell: (line: string) => void;
  },
): Promise<Silence> {
  const { agentId, ec2InstanceId } = story.agent;
  const fromMs = world.clock.nowMs();
  await world.stopAgent(ec2InstanceId);
  story.tell(`the agent on ${ec2InstanceId} is silent: ${story.outage.name}`);
  const isNews = (event: { time: string; subject: string }, sinceMs: number): boolean =>
    event.subject === agentId && Date.parse(event.time) >= sinceMs;
  await events.until(
    'the agent to count as offline',
    (event) => event.type === AgentOfflineV1.type && isNews(event, fromMs),
  );
  await world.clock.sleep(fromMs + story.outage.lengthMs - world.clock.nowMs());
  const untilMs = world.clock.nowMs();
  world.startAgent(ec2InstanceId);
  await events.until(
    'the agent to come back',
    (event) => event.type === AgentOnlineV1.type && isNews(event, untilMs),
  );
  return { ...story.outage, fromMs, untilMs };
}

/** Waits until the last bucket of the story is in the chart. */
function untilConsolidated(
  world: World,
  ec2InstanceId: string,
  { zeroMs, untilMs }: { readonly zeroMs: number; readonly untilMs: number },
): Promise<Map<string, ChartPoint[]>> {
  const hours = Math.ceil((untilMs - zeroMs) / HOUR_MS) + 1;
  return untilOnSimulator(
    'the last prices to be consolidated',
    async () => {
      const chart = await readChart(world, ec2InstanceId, hours);
      const ofStory = [...chart].map(
        ([poolId, points]) =>
          [poolId, points.filter(({ atMs }) => atMs >= zeroMs + BUCKET_MS && atMs < untilMs)] as const,
      );
      const isWhole = ofStory.every(([, points]) => points.at(-1)?.state !== 'empty');
      return isWhole ? new Map(ofStory) : null;
    },
    world,
  );
}

type Chart = ReadonlyMap<string, readonly ChartPoint[]>;

/** The buckets that the silence covers whole, less those whose reports may have come late. */
function within(points: readonly ChartPoint[], { fromMs, untilMs }: Silence): ChartPoint[] {
  return points.filter(({ atMs }) => atMs >= fromMs && atMs + BUCKET_MS <= untilMs);
}

function judgeGap(
  gap: Silence,
  { chart, peer }: { readonly chart: Chart; readonly peer: string },
): Invariant[] {
  const silent = [...chart].filter(([poolId]) => poolId !== peer);
  const points = silent.flatMap(([, ofPool]) => within(ofPool, gap));
  const asWanted = points.filter(
    ({ state, method, confidence }) =>
      state === gap.state && method === gap.method && confidence === gap.confidence,
  );
  const shown = invariant(
    `${gap.name}-${gap.state}`,
    points.length > 0 && asWanted.length === points.length,
    `${String(asWanted.length)} of ${String(points.length)} buckets are ${gap.state}${gap.method === null ? '' : ` by ${gap.method} at ${String(gap.confidence)}`}`,
  );
  if (gap.method !== 'cross-pool') return [shown];
  const off = silent.flatMap(([, ofPool]) => offFromPeer(ofPool, chart.get(peer) ?? [], gap));
  return [
    shown,
    invariant(
      `${gap.name}-follow-the-peer`,
      off.length === 0,
      `${String(off.length)} of ${String(points.length)} filled prices differ from the peer's relative change`,
    ),
  ];
}

/** Filled prices that are not the last measured one, changed like the peer since. */
function offFromPeer(own: readonly ChartPoint[], peer: readonly ChartPoint[], gap: Silence): ChartPoint[] {
  const priceOf = (points: readonly ChartPoint[], at: number): number =>
    points.find(({ atMs }) => atMs === at)?.usdPerHour ?? Number.NaN;
  const filled = within(own, gap);
  const before = own.findLast(({ atMs, state }) => state === 'measured' && atMs < (filled[0]?.atMs ?? 0));
  if (before === undefined || before.usdPerHour === null) return filled;
  const { atMs, usdPerHour } = before;
  const peerBefore = priceOf(peer, atMs);
  return filled.filter((point) => {
    const expected = (usdPerHour * priceOf(peer, point.atMs)) / peerBefore;
    return !(Math.abs((point.usdPerHour ?? Number.NaN) - expected) <= 1e-6);
  });
}

function judgePeer(points: readonly ChartPoint[]): Invariant {
  const measured = points.filter(({ state }) => state === 'measured').length;
  const filled = points.filter(({ state, method }) => state === 'filled' && method === 'linear').length;
  return invariant(
    'other-reporter-goes-on',
    points.length > 0 && measured + filled === points.length && filled <= points.length * 0.05,
    `${String(measured)} of ${String(points.length)} buckets of the other reporter's pool are measured`,
  );
}

/** A measured price is one that the simulated cloud charged within its five minutes. */
function judgeMeasured(chart: Chart, world: World): Invariant {
  let measured = 0;
  let wrong = 0;
  for (const [poolId, points] of chart) {
    const series = world.simulator.priceBook.series.find((candidate) => candidate.poolId === poolId);
    for (const { atMs, usdPerHour, state } of points) {
      if (state !== 'measured') continue;
      measured += 1;
      const start = world.simulator.priceBook.priceAt(poolId, atMs)?.usdPerHour;
      const inBucket = (series?.changes ?? []).filter(
        (change) => change.atMs >= atMs && change.atMs < atMs + BUCKET_MS,
      );
      const charged = [start, ...inBucket.map((change) => change.usdPerHour)];
      if (!charged.some((price) => Math.abs((price ?? 0) - (usdPerHour ?? -1)) <= 1e-6)) wrong += 1;
    }
  }
  return invariant(
    'measured-is-true',
    measured > 0 && wrong === 0,
    `${String(wrong)} of ${String(measured)} measured prices were never charged`,
  );
}

function judgeGrid(chart: Chart): Invariant {
  const uneven = [...chart.values()].flatMap((points) =>
    points.filter((point, index) => index > 0 && point.atMs - (points[index - 1]?.atMs ?? 0) !== BUCKET_MS),
  );
  return invariant(
    'one-point-a-bucket',
    uneven.length === 0,
    `${String(uneven.length)} buckets missing or doubled`,
  );
}

function count(chart: Chart, state: ChartPoint['state']): number {
  return [...chart.values()].flat().filter((point) => point.state === state).length;
}
