import { describe, expect, it } from '@jest/globals';
import { firstBelief } from '../engine/hazard/learn.js';
import type { Observation, Proposal } from '../engine/ports.js';
import { SeedRuleEngine } from '../engine/seed-rule.js';
import { builtInPolicy } from './built-in-policies.js';
import { EnginePolicy, type ProposingEngine } from './engine-policy.js';
import { policyOf } from './engines.js';
import type { Learner } from '../engine/learner.js';
import { randomScenario, scenarioOf } from './replay-samples.contract.js';
import { replay, replayInTurns, type StepRecord } from './replay.js';
import { ON_DEMAND, REPLAY_RULES, type Scenario } from './scenario.js';

/** Proposes what a script says, and keeps what it was shown. */
class Scripted implements ProposingEngine {
  readonly name = 'scripted';
  readonly seen: Observation[] = [];

  constructor(
    private readonly script: readonly Partial<Pick<Proposal, 'target' | 'standby'>>[],
    readonly learner: Learner | null = null,
  ) {}

  propose(observation: Observation): Promise<Proposal> {
    const proposal = new SeedRuleEngine().propose(observation);
    const step = this.script[this.seen.length] ?? {};
    this.seen.push(observation);
    return Promise.resolve({ ...proposal, target: null, standby: null, ...step });
  }
}

async function placesOf(scenario: Scenario, engine: ProposingEngine): Promise<string[]> {
  const steps: StepRecord[] = [];
  const policy = new EnginePolicy(engine, scenario, REPLAY_RULES);
  await replayInTurns(scenario, policy, { onStep: (record) => steps.push(record) });
  return steps.map(({ primary, replica }) => (replica === null ? primary : `${primary}+${replica}`));
}

const constant = (steps: number, row: readonly number[]): number[][] =>
  Array.from({ length: steps }, () => [...row]);
const Z0 = { mode: 'spot', poolId: 't.z0' } as const;
const Z1 = { mode: 'spot', poolId: 't.z1' } as const;

describe('an engine in the replay', () => {
  it('moves warm: the target is launched beside, and takes over when it is ready and still wanted', async () => {
    const script = [{}, { target: Z0 }, { target: Z0 }, { target: Z1 }, { target: null }, { target: Z1 }];
    const scenario = scenarioOf(constant(6, [0.3, 0.4]), constant(6, [1, 1]));
    expect(await placesOf(scenario, new Scripted(script))).toEqual([
      ON_DEMAND,
      `${ON_DEMAND}+z0/t`,
      'z0/t',
      'z0/t+z1/t',
      'z0/t',
      'z0/t+z1/t',
    ]);
  });

  it('replaces a lost primary cold, and keeps the standby that is proposed', async () => {
    const script = [{ target: Z0 }, { standby: Z1 }, { standby: Z1 }, { target: Z1 }];
    const scenario = scenarioOf(constant(4, [0.3, 0.4]), [
      [1, 1],
      [1, 1],
      [0, 1],
      [1, 0],
    ]);
    expect(await placesOf(scenario, new Scripted(script))).toEqual([
      'z0/t',
      'z0/t+z1/t',
      'z1/t+z1/t',
      ON_DEMAND,
    ]);
  });

  it('is shown the market in the words of the product', async () => {
    const engine = new Scripted([{ target: Z0 }, { standby: Z1 }, { standby: Z1 }]);
    const scenario = scenarioOf(
      [
        [0.3, 0.4],
        [0.3, 0.4],
        [0.3, 0.8],
      ],
      [
        [1, 1],
        [1, 1],
        [1, 0],
      ],
    );
    await placesOf(scenario, engine);
    const [first, second, third] = engine.seen;
    expect(first).toMatchObject({
      at: '2026-01-01T00:00:00.000Z',
      current: null,
      standby: null,
      market: null,
    });
    expect(second).toMatchObject({
      at: '2026-01-01T00:05:00.000Z',
      current: { mode: 'spot', poolId: 't.z0', az: 'z0', usdPerHour: 0.3, ageSeconds: 300 },
      onDemand: { usdPerHour: 1 },
      economics: {
        downtimeUsdPerMinute: 100 / 60,
        promoteSeconds: 10,
        coldLaunchSeconds: 180,
        doubleRunSeconds: 300,
        oldKeptSeconds: 0,
      },
    });
    expect(third?.pools[1]).toMatchObject({
      poolId: 't.z1',
      usdPerHour: 0.8,
      available: false,
      interruptions30d: 1,
      rising: true,
      quietHours: 0,
      belief: null,
    });
    expect(third?.pools[1]?.volatility24h).toBeCloseTo(0.353553, 5);
    expect(third?.standby).toBeNull();
  });

  it('learns from every step before it is asked', async () => {
    const learner: Learner = {
      learn: (before, sample) => ({
        market: {
          at: sample.at,
          priorFactor: 1,
          losses: 0,
          hoursUp: 0,
          allLosses: 0,
          priceLosses: 0,
          returned: 0,
          away: 0,
        },
        pools: new Map(
          sample.pools.map((pool) => [pool.poolId, firstBelief((before.market?.at ?? 0) + 1, pool)]),
        ),
      }),
    };
    const engine = new Scripted([], learner);
    await placesOf(scenarioOf(constant(2, [0.3]), constant(2, [1])), engine);
    const startS = Date.parse('2026-01-01T00:00:00Z') / 1000;
    expect(engine.seen.map(({ market }) => market?.at)).toEqual([startS, startS + 300]);
    expect(engine.seen.map(({ pools }) => pools[0]?.belief?.at)).toEqual([1, startS + 1]);
  });

  it('tells of the changes of primary of the last week', async () => {
    const engine = new Scripted([{ target: Z0 }, { target: Z1 }, { target: Z1 }]);
    await placesOf(scenarioOf(constant(5, [0.3, 0.4]), constant(5, [1, 1])), engine);
    expect(engine.seen.map(({ changesAt }) => changesAt.length)).toEqual([0, 0, 0, 1, 1]);
    expect(engine.seen[3]?.changesAt).toEqual(['2026-01-01T00:10:00.000Z']);
  });

  it('gives the figures of the published rule for the engine of that name', async () => {
    for (let seed = 0; seed < 20; seed += 1) {
      const scenario = randomScenario(seed, { steps: 2000, pools: 4, keep: 0.99, up: 0.9 });
      const ofEngine = await replayInTurns(scenario, policyOf('seed-rule', scenario));
      expect(ofEngine).toEqual(replay(scenario, builtInPolicy('seed', scenario)));
    }
  });

  it('names the engines that there are when one is not known', () => {
    const scenario = scenarioOf(constant(1, [0.3]), constant(1, [1]));
    expect(() => policyOf('nobody', scenario)).toThrow(
      'there is no engine nobody; there are: hazard, seed-rule',
    );
  });
});
