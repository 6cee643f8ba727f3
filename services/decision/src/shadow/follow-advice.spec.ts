import { describe, expect, it } from '@jest/globals';
import { costOfFollowing, type Followed, type FollowedCost, type World } from './follow-advice.js';
import { bestInHindsight } from './hindsight.js';
import type { PoolCourse } from './pool-course.js';
import { observationOf, poolOf } from './shadow-samples.contract.js';
import { whatHappened } from './what-happened.js';

const A = 't3.medium.us-east-1a';
const B = 't3.medium.us-east-1b';
const FROM_MS = Date.parse('2026-11-20T12:00:00.000Z');
const HOUR_MS = 3_600_000;
const window = { fromMs: FROM_MS, toMs: FROM_MS + 24 * HOUR_MS };
const at = (hours: number): number => FROM_MS + hours * HOUR_MS;
const spot = (poolId: string) => ({ mode: 'spot' as const, poolId });
const onDemand = { mode: 'ondemand' as const, poolId: A };

const course = (poolId: string, change: Partial<PoolCourse> = {}): PoolCourse => ({
  poolId,
  prices: [{ atMs: at(-5), usdPerHour: 0.02 }],
  takenBackAtMs: [],
  readUntilMs: window.toMs,
  capUsdPerHour: 0.1,
  ...change,
});
const world = (...courses: PoolCourse[]): World => ({
  window,
  courses: new Map(courses.map((one) => [one.poolId, one])),
});

/** On-demand at 0.10 an hour; a minute of downtime costs 0.06, a promotion 10 s, a cold launch 180 s. */
const OBSERVED = observationOf({
  current: { ...onDemand, az: 'us-east-1a', usdPerHour: 0.1, estimated: false, ageSeconds: 7200 },
});
const AT_A = observationOf({
  current: { ...spot(A), az: 'us-east-1a', usdPerHour: 0.02, estimated: false, ageSeconds: 7200 },
});

const known = (observation: typeof OBSERVED, followed: Partial<Followed>, around: World): FollowedCost => {
  const cost = costOfFollowing(observation, { target: null, standby: null, ...followed }, around);
  if ('unknown' in cost) throw new Error(`unknown: ${cost.unknown}`);
  return cost;
};

describe('what following an advice would have cost', () => {
  it('is the on-demand price where the workload stays on-demand', () => {
    expect(known(OBSERVED, {}, world())).toMatchObject({
      machineUsd: expect.closeTo(2.4, 10) as unknown,
      usdPerHour: expect.closeTo(0.1, 10) as unknown,
      downtimeSeconds: 0,
      losses: 0,
      estimated: false,
    });
  });

  it('is the integral of the price, and the move', () => {
    const changing = course(B, {
      prices: [
        { atMs: at(-5), usdPerHour: 0.02 },
        { atMs: at(6), usdPerHour: 0.03 },
        { atMs: at(18), usdPerHour: 0.01 },
      ],
    });
    const cost = known(OBSERVED, { target: spot(B) }, world(changing));
    // 6 h at 0.02, 12 h at 0.03, 6 h at 0.01.
    expect(cost.machineUsd).toBeCloseTo(0.12 + 0.36 + 0.06, 10);
    // 180 s beside the old one at 0.1 an hour; 10 s of downtime at 0.06 a minute; 0.005 for the state.
    expect(cost.doubleRunUsd).toBeCloseTo(0.005, 10);
    expect(cost.downtimeUsd).toBeCloseTo(0.01, 10);
    expect(cost.totalUsd).toBeCloseTo(0.54 + 0.005 + 0.01 + 0.005, 10);
    expect(cost.usdPerHour).toBeCloseTo(0.56 / 24, 10);
  });

  it('is on-demand after a loss, with a cold launch where nothing stood by', () => {
    const cost = known(AT_A, {}, world(course(A, { takenBackAtMs: [at(8), at(10)] })));
    expect(cost).toMatchObject({ losses: 1, lostAt: new Date(at(8)).toISOString(), downtimeSeconds: 180 });
    expect(cost.machineUsd).toBeCloseTo(8 * 0.02 + 16 * 0.1, 10);
    expect(cost.downtimeUsd).toBeCloseTo(0.18, 10);
  });

  it('takes a price above the cap for a loss', () => {
    const dear = course(A, {
      prices: [
        { atMs: at(-5), usdPerHour: 0.02 },
        { atMs: at(4), usdPerHour: 0.11 },
      ],
    });
    expect(known(AT_A, {}, world(dear))).toMatchObject({ losses: 1, lostAt: new Date(at(4)).toISOString() });
    expect(known(AT_A, {}, world({ ...dear, capUsdPerHour: null }))).toMatchObject({ losses: 0 });
  });

  it('ignores what happened before the decision and after the horizon', () => {
    const outside = course(A, { takenBackAtMs: [at(-1), at(0), at(24.01)] });
    expect(known(AT_A, {}, world(outside))).toMatchObject({ losses: 0 });
  });

  it.each<[string, Partial<PoolCourse>, number]>([
    ['lasts', {}, 10],
    ['was lost hours before and is replaced', { takenBackAtMs: [at(5)] }, 10],
    ['was lost two minutes before', { takenBackAtMs: [at(8) - 120_000] }, 180],
    ['is lost while it is promoted', { takenBackAtMs: [at(8) + 5_000] }, 180],
    [
      'is priced out by then',
      {
        prices: [
          { atMs: at(-5), usdPerHour: 0.02 },
          { atMs: at(7), usdPerHour: 0.2 },
        ],
      },
      180,
    ],
  ])('has the downtime of a loss with a standby that %s', (_name, change, seconds) => {
    const around = world(course(A, { takenBackAtMs: [at(8)] }), course(B, change));
    expect(known(AT_A, { standby: spot(B) }, around).downtimeSeconds).toBe(seconds);
  });

  it('pays a standby until it is needed, on top', () => {
    const around = world(course(A, { takenBackAtMs: [at(8)] }), course(B));
    expect(known(AT_A, { standby: spot(B) }, around).standbyUsd).toBeCloseTo(8 * 0.02, 10);
    expect(known(AT_A, { standby: onDemand }, world(course(A))).standbyUsd).toBeCloseTo(2.4, 10);
  });

  it('lets a standby boot first, unless it was there already', () => {
    const around = world(course(A, { takenBackAtMs: [FROM_MS + 60_000] }), course(B));
    expect(known(AT_A, { standby: spot(B) }, around).downtimeSeconds).toBe(180);
    const there = { ...AT_A, standby: { ...spot(B), usdPerHour: 0.02, ageSeconds: 900, ready: true } };
    expect(known(there, { standby: spot(B) }, around).downtimeSeconds).toBe(10);
  });

  it('has no double run, and a cold launch, where nothing ran before', () => {
    const lost = observationOf({ current: null });
    const cost = known(lost, { target: spot(B) }, world(course(B)));
    expect(cost).toMatchObject({ doubleRunUsd: 0, downtimeSeconds: 180 });
  });

  it('says when the on-demand price was an estimate', () => {
    const guessed = { ...AT_A, onDemand: { usdPerHour: 0.1, source: 'estimated' as const } };
    expect(known(guessed, {}, world(course(A))).estimated).toBe(false);
    expect(known(guessed, {}, world(course(A, { takenBackAtMs: [at(1)] }))).estimated).toBe(true);
  });

  interface Unknowable {
    readonly of: string;
    readonly observed?: Partial<typeof OBSERVED>;
    readonly followed?: Partial<Followed>;
    readonly courses?: readonly PoolCourse[];
    readonly unknown: string;
    readonly poolId: string | null;
  }

  it.each<Unknowable>([
    { of: 'a pool never heard of', followed: { target: spot(B) }, unknown: 'price-unknown', poolId: B },
    {
      of: 'a price that begins later',
      courses: [course(A, { prices: [{ atMs: at(1), usdPerHour: 0.02 }] })],
      unknown: 'price-unknown',
      poolId: A,
    },
    {
      of: 'prices that were not read to the end',
      courses: [course(A, { readUntilMs: at(23) })],
      unknown: 'prices-not-read',
      poolId: A,
    },
    { of: 'a standby without a price', followed: { standby: spot(B) }, unknown: 'price-unknown', poolId: B },
    {
      of: 'no on-demand price',
      observed: { current: OBSERVED.current, onDemand: null },
      unknown: 'on-demand-price-unknown',
      poolId: null,
    },
    {
      of: 'a loss without an on-demand price',
      observed: { onDemand: null },
      courses: [course(A, { takenBackAtMs: [at(3)] })],
      unknown: 'on-demand-price-unknown',
      poolId: null,
    },
    { of: 'staying nowhere', observed: { current: null }, unknown: 'no-primary', poolId: null },
  ])('is not guessed for $of', ({ observed, followed, courses, unknown, poolId }) => {
    const observation = { ...AT_A, ...observed };
    const around = world(...(courses ?? [course(A)]));
    expect(costOfFollowing(observation, { target: null, standby: null, ...followed }, around)).toEqual({
      unknown,
      poolId,
    });
  });
});

describe('hindsight', () => {
  const pools = [poolOf(A, { usdPerHour: 0.02 }), poolOf(B, { usdPerHour: 0.01 })];
  const cheapB = course(B, { prices: [{ atMs: at(-5), usdPerHour: 0.01 }] });

  it('finds the cheapest of staying, moving and on-demand', () => {
    const observation = { ...AT_A, pools };
    expect(bestInHindsight(observation, world(course(A), cheapB), [])).toMatchObject({ target: spot(B) });
    const unlucky = world(course(A), { ...cheapB, takenBackAtMs: [at(1)] });
    expect(bestInHindsight(observation, unlucky, [])).toEqual({
      target: null,
      standby: null,
      usdPerHour: expect.closeTo(0.02, 10) as unknown,
    });
    const both = world(course(A, { takenBackAtMs: [at(1)] }), { ...cheapB, takenBackAtMs: [at(1)] });
    expect(
      bestInHindsight({ ...observation, onDemand: { usdPerHour: 0.03, source: null } }, both, []),
    ).toMatchObject({ target: { mode: 'ondemand' } });
  });

  it('leaves out pools that could not be had then', () => {
    const held = [pools[0] ?? poolOf(A), poolOf(B, { usdPerHour: 0.01, underNotice: true })];
    expect(bestInHindsight({ ...AT_A, pools: held }, world(course(A), cheapB), [])?.target).toBeNull();
  });

  it('is nothing while a pool that might have been best is not known', () => {
    expect(bestInHindsight({ ...AT_A, pools }, world(course(A)), [])).toBeNull();
  });

  it('is never worse than what was advised', () => {
    const around = world(course(A, { takenBackAtMs: [at(23)] }), { ...cheapB, takenBackAtMs: [at(23.99)] });
    const advice = { target: spot(B), standby: onDemand };
    const cost = known({ ...AT_A, pools }, advice, around);
    const cheap = { ...cost, usdPerHour: 0.0001 };
    expect(bestInHindsight({ ...AT_A, pools }, around, [{ ...advice, cost: cheap }])?.usdPerHour).toBe(
      0.0001,
    );
  });
});

describe('what really happened', () => {
  const cycle = { cycleSeconds: 12 * 3600, onDemand: OBSERVED.onDemand };

  it('is the price of where the primary was seen, one decision after another', () => {
    const seen = [
      { atMs: FROM_MS, ...onDemand },
      { atMs: at(6), ...spot(B) },
    ];
    expect(whatHappened(cycle, seen, 1, world(course(B)))).toEqual({
      machineUsdPerHour: expect.closeTo((6 * 0.1 + 18 * 0.02) / 24, 10) as unknown,
      changesOfPrimary: 1,
    });
  });

  it.each([
    ['out of sight at first', [{ atMs: at(1), ...onDemand }], 3600 * 12],
    ['out of sight for three cycles', [{ atMs: FROM_MS, ...onDemand }], 3600 * 8 - 1],
    ['in a pool without a price', [{ atMs: FROM_MS, ...spot(A) }], 3600 * 12],
    ['nobody knows where', [{ atMs: FROM_MS, mode: 'unknown' as const, poolId: A }], 3600 * 12],
  ])('is left out for a workload that was %s', (_name, seen, cycleSeconds) => {
    expect(whatHappened({ ...cycle, cycleSeconds }, seen, 0, world(course(B)))).toBeNull();
  });
});
