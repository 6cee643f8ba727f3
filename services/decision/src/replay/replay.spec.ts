import { describe, expect, it } from '@jest/globals';
import { BUILT_IN_POLICIES, builtInPolicy } from './built-in-policies.js';
import { optimumOf, PlannedPolicy } from './optimum.js';
import type { ReplayAction } from './policy.js';
import { randomScenario, scenarioOf } from './replay-samples.contract.js';
import { replay, replayInTurns, type StepRecord } from './replay.js';
import { ON_DEMAND, REPLAY_RULES, type Scenario } from './scenario.js';

const PRICES = Array.from({ length: 6 }, () => [0.3, 0.4]);
/** z0 is away in step 2, z1 in step 4. */
const AVAILABLE = [
  [1, 1],
  [1, 1],
  [0, 1],
  [1, 1],
  [1, 0],
  [1, 1],
];
const HOURS = 300 / 3600;

type Pair = readonly [string | null, string | null];

function played(plan: readonly Pair[], scenario = scenarioOf(PRICES, AVAILABLE)) {
  const steps: StepRecord[] = [];
  const actions = plan.map(([primary, replica]): ReplayAction => ({ primary, replica }));
  const figures = replay(scenario, new PlannedPolicy('script', actions), {
    onStep: (record) => steps.push(record),
  });
  return { figures, steps, primaries: steps.map(({ primary }) => primary) };
}

const downtimes = (steps: readonly StepRecord[]): number[] => steps.map((step) => step.downtimeSeconds);

describe('one step after the other', () => {
  it('takes 10 s where a ready replica takes over or is promoted, and bills both machines', () => {
    const { figures, steps, primaries } = played([
      ['z0/t', 'z1/t'],
      ['z0/t', 'z1/t'],
      ['z1/t', null],
      ['z1/t', 'z0/t'],
      ['z0/t', null],
      ['z0/t', null],
    ]);
    expect(downtimes(steps)).toEqual([0, 0, 10, 0, 10, 0]);
    expect(primaries).toEqual(['z0/t', 'z0/t', 'z1/t', 'z1/t', 'z0/t', 'z0/t']);
    expect(figures).toMatchObject({ interruptions: 2, survived: 2, switches: 2, forced: 2, cold: 0 });
    const replicaUsd = HOURS * (0.4 + 0.4 + 0.3);
    expect(figures.replicaCostUsd).toBeCloseTo(replicaUsd, 12);
    expect(figures.costUsd).toBeCloseTo(HOURS * (0.3 + 0.3 + 0.4 + 0.4 + 0.3 + 0.3) + replicaUsd, 12);
    expect(figures.costRatio).toBeCloseTo(figures.costUsd / 0.5, 12);
    expect(figures.availability).toBeCloseTo(1 - 20 / 1800, 12);
    expect(figures.score).toBeCloseTo(figures.costRatio + (100 * 20) / 1800, 12);
  });

  it('takes 180 s for a cold move, and stays where the target is away', () => {
    const { figures, steps, primaries } = played([
      ['z0/t', null],
      ['z1/t', null],
      ['z0/t', null],
      [ON_DEMAND, null],
      ['z1/t', null],
      ['z1/t', null],
    ]);
    expect(downtimes(steps)).toEqual([0, 180, 0, 180, 0, 180]);
    expect(primaries).toEqual(['z0/t', 'z1/t', 'z1/t', ON_DEMAND, ON_DEMAND, 'z1/t']);
    expect(figures).toMatchObject({ launchesFailed: 2, voluntary: 3, cold: 3, interruptions: 0 });
  });

  it('ends up on demand when a lost primary is wanted back at once', () => {
    const { figures, steps, primaries } = played(Array.from({ length: 6 }, () => ['z0/t', null] as const));
    expect(primaries.slice(1, 4)).toEqual(['z0/t', ON_DEMAND, 'z0/t']);
    expect(steps[2]?.events).toEqual([{ kind: 'interrupted', pool: 'z0/t', outcome: 'down', to: null }]);
    expect(figures).toMatchObject({ interruptions: 1, survived: 0, downtimeSeconds: 360, launchesFailed: 1 });
  });

  it('waits for the rest of a warm-up, and a replica in the pool of the primary dies with it', () => {
    const shortSteps = { ...scenarioOf(PRICES, AVAILABLE), stepSeconds: 100 };
    const { steps } = played(
      [
        ['z0/t', null],
        ['z0/t', 'z1/t'],
        ['z1/t', null],
        ['z1/t', 'z1/t'],
        [null, null],
        [null, null],
      ],
      shortSteps,
    );
    expect(steps[2]).toMatchObject({ primary: 'z1/t', downtimeSeconds: 80 });
    expect(steps[4]?.events).toEqual([
      { kind: 'replica_lost', pool: 'z1/t' },
      { kind: 'interrupted', pool: 'z1/t', outcome: 'down', to: null },
    ]);
    expect(steps[4]).toMatchObject({ primary: ON_DEMAND, downtimeSeconds: 100 });
  });

  it('takes a pool that does not exist for none', () => {
    const { figures, primaries } = played([['mars/t', 'mars/t']]);
    expect(primaries[0]).toBe(ON_DEMAND);
    expect(figures).toMatchObject({ launchesFailed: 0, switches: 0, replicaCostUsd: 0 });
  });

  it('gives the same figures where a policy is waited for', async () => {
    const scenario = randomScenario(3, { steps: 400, pools: 3, keep: 0.9 });
    for (const name of BUILT_IN_POLICIES) {
      const turns: number[] = [];
      const waited = await replayInTurns(scenario, builtInPolicy(name, scenario), {
        takeTurn: (step) => {
          turns.push(step);
          return Promise.resolve();
        },
      });
      expect(waited).toEqual(replay(scenario, builtInPolicy(name, scenario)));
      expect(turns).toHaveLength(400);
    }
  });
});

/** Money and weighed downtime of the best of all sequences of actions, each played. */
function bruteForce(scenario: Scenario, weight: number): number {
  const places = [ON_DEMAND, ...scenario.pools.map(({ id }) => id)];
  const actions = places.flatMap((primary) =>
    [null, ...places].map((replica): ReplayAction => ({ primary, replica })),
  );
  let best = Number.POSITIVE_INFINITY;
  const plan: ReplayAction[] = [];
  const extend = (): void => {
    if (plan.length < scenario.steps) {
      for (const action of actions) {
        plan.push(action);
        extend();
        plan.pop();
      }
      return;
    }
    best = Math.min(best, objectiveOf(scenario, plan, weight));
  };
  extend();
  return best;
}

function objectiveOf(scenario: Scenario, plan: readonly ReplayAction[], weight: number): number {
  const { costUsd, downtimeSeconds } = replay(scenario, new PlannedPolicy('plan', plan));
  return costUsd + ((Math.max(weight, 1e-6) * scenario.onDemand.usdPerHour) / 3600) * downtimeSeconds;
}

describe('the optimum with full knowledge', () => {
  const sizes = [
    { steps: 3, pools: 2 },
    { steps: 3, pools: 2 },
    { steps: 3, pools: 2 },
    { steps: 5, pools: 1 },
    { steps: 5, pools: 1 },
  ];

  it.each(sizes.map((size, seed) => ({ ...size, seed })))(
    'is what trying everything finds: $steps steps, $pools pools, seed $seed',
    ({ seed, ...size }) => {
      const scenario = randomScenario(seed, size);
      for (const weight of [0, 1, 100]) {
        const { plan, objectiveUsd } = optimumOf(scenario, weight);
        expect(objectiveUsd).toBeCloseTo(bruteForce(scenario, weight), 9);
        expect(objectiveOf(scenario, plan, weight)).toBeCloseTo(objectiveUsd, 9);
      }
    },
  );

  it('is never beaten by a policy that does not know the future', () => {
    for (let seed = 0; seed < 10; seed += 1) {
      const scenario = randomScenario(seed, { steps: 500, pools: 4, keep: 0.95, up: 0.8 });
      const { plan } = optimumOf(scenario, REPLAY_RULES.downtimeWeight);
      const best = replay(scenario, new PlannedPolicy('best', plan)).score;
      for (const name of BUILT_IN_POLICIES) {
        expect(replay(scenario, builtInPolicy(name, scenario)).score).toBeGreaterThanOrEqual(best - 1e-9);
      }
    }
  });

  it('refuses steps shorter than a cold launch', () => {
    const scenario = randomScenario(1, { steps: 3, pools: 1, stepSeconds: 60 });
    expect(() => optimumOf(scenario, 100)).toThrow('at least 180 s');
  });
});
