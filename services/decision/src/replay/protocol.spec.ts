import { describe, expect, it } from '@jest/globals';
import { policyOf } from './engines.js';
import type { ReplayAction } from './policy.js';
import { ProtocolSession } from './protocol.js';
import { randomScenario } from './replay-samples.contract.js';
import { Replay } from './replay.js';
import { REPLAY_RULES, type Scenario, stepAtS } from './scenario.js';

function initOf(scenario: Scenario) {
  return {
    type: 'init',
    protocol: 1,
    scenario: scenario.id,
    kind: scenario.kind,
    start: '2026-01-01T00:00:00Z',
    dt_s: scenario.stepSeconds,
    steps: scenario.steps,
    params: { switch_ready_s: 10, cold_launch_s: 180, downtime_weight: 100 },
    on_demand: { instance_type: 't', usd_h: 1 },
    pools: scenario.pools.map(({ id, region, az }) => ({
      ...{ id, region, az, instance_type: 't', on_demand_usd_h: 1 },
      advisor: { date: '2021-02-10', r: 4, s: 70 },
    })),
  };
}

/** The other side: plays the scenario by what comes back. */
async function playedOver(session: ProtocolSession, scenario: Scenario) {
  expect(await session.answer(JSON.stringify(initOf(scenario)))).toEqual({ type: 'ready' });
  const run = new Replay(scenario, REPLAY_RULES);
  while (!run.isOver) {
    const { step, prices, available, primary, replica, events } = run.observe();
    const message = {
      type: 'obs',
      k: step,
      t: 'not read',
      t_s: stepAtS(scenario, step),
      price: prices,
      avail: available.map(Number),
      on_demand: 1,
      primary: primary === null ? null : { pool: primary.pool, age_s: primary.ageSeconds },
      replica:
        replica === null ? null : { pool: replica.pool, age_s: replica.ageSeconds, ready: replica.ready },
      events,
    };
    const answer = await session.answer(JSON.stringify(message));
    if (answer?.type !== 'action') throw new Error(`no action in step ${String(step)}`);
    run.apply(answer);
  }
  expect(await session.answer('{"type":"end","result":{}}')).toBeNull();
  return run.figures();
}

describe('protocol 1', () => {
  it.each(['seed-rule', 'greedy', 'hot-standby'])('%s decides as in process', async (name) => {
    const scenario = randomScenario(11, { steps: 1500, pools: 3, keep: 0.98, up: 0.85 });
    const problems: string[] = [];
    const session = new ProtocolSession(
      (market, rules) => policyOf(name, market, rules),
      (problem) => problems.push(problem),
    );
    const run = new Replay(scenario, REPLAY_RULES);
    const policy = policyOf(name, scenario);
    while (!run.isOver) run.apply(await policy.act(run.observe()));
    expect(await playedOver(session, scenario)).toEqual(run.figures());
    expect(problems).toEqual([]);
  });

  const obs = { type: 'obs', k: 0, t_s: 1, on_demand: 1, primary: null, replica: null, events: [] };

  it.each([
    ['not JSON', 'hello', 'not JSON: hello'],
    ['an unknown message', '{"type":"hello"}', 'not a message of protocol 1'],
    [
      'another protocol',
      JSON.stringify({ ...initOf(randomScenario(1, { steps: 1, pools: 1 })), protocol: 2 }),
      'protocol',
    ],
    ['an observation too early', JSON.stringify({ ...obs, price: [1], avail: [1] }), 'before init'],
  ])('says what is wrong and answers nothing: %s', async (_name, line, problem) => {
    const problems: string[] = [];
    const session = new ProtocolSession(
      () => {
        throw new Error('nothing to play');
      },
      (one) => problems.push(one),
    );
    expect(await session.answer(line)).toBeNull();
    expect(problems).toEqual([expect.stringContaining(problem)]);
  });

  it('says so when the number of prices is not that of the pools', async () => {
    const problems: string[] = [];
    const scenario = randomScenario(1, { steps: 1, pools: 2 });
    const session = new ProtocolSession(
      (market, rules) => policyOf('greedy', market, rules),
      (one) => problems.push(one),
    );
    await session.answer(JSON.stringify(initOf(scenario)));
    expect(await session.answer(JSON.stringify({ ...obs, price: [1], avail: [1, 1] }))).toBeNull();
    expect(problems).toEqual([expect.stringContaining('expected 2 prices')]);
  });

  it('keeps everything as it is where the engine fails', async () => {
    const problems: string[] = [];
    const scenario = randomScenario(1, { steps: 1, pools: 1 });
    const session = new ProtocolSession(
      () => ({
        name: 'broken',
        act: (): ReplayAction => {
          throw new Error('no idea');
        },
      }),
      (one) => problems.push(one),
    );
    await session.answer(JSON.stringify(initOf(scenario)));
    const replica = { pool: 'z0/t', age_s: 300, ready: true };
    const answer = await session.answer(JSON.stringify({ ...obs, price: [1], avail: [1], replica }));
    expect(answer).toEqual({ type: 'action', primary: null, replica: 'z0/t' });
    expect(problems).toEqual([expect.stringContaining('the engine broken failed: Error: no idea')]);
  });
});
