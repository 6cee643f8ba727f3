import { describe, expect, it } from '@jest/globals';
import { AppError } from '@spotopt/kernel';
import type { Observation } from '../engine/ports.js';
import { SeedRuleEngine } from '../engine/seed-rule.js';
import { BuiltinRunner } from '../runtime/builtin-runner.js';
import type { EngineRunner } from '../runtime/ports.js';
import { optimumOf, PlannedPolicy, policyOf, replay, replayInTurns } from '../replay/index.js';
import { randomScenario } from '../replay/replay-samples.contract.js';
import { backtestChartSvg } from './backtest-chart.js';
import { entriesOf, type KnownEngines } from './engine-choice.js';
import { type HistoryChoice, type PriceHistory, scenarioOfHistory } from './history.js';
import { runBacktest } from './run-backtest.js';

const START_S = Date.parse('2026-01-01T00:00:00Z') / 1000;
const at = (hours: number): number => START_S + hours * 3600;

const KNOWN: KnownEngines = { runnerOf: () => null, liveEngine: () => 'seed-rule' };
const SETTINGS = { source: 'stored', downtimeUsdPerMinute: null, notes: ['a note'] } as const;
const AT_ONCE = { takeTurn: () => undefined, onProgress: () => undefined };

/** The seed rule as a stranger's engine. */
class Stranger implements EngineRunner {
  readonly #inner = new BuiltinRunner(new SeedRuleEngine());
  readonly ref = { ...this.#inner.ref, engineId: 'session-1', name: 'stranger' };
  asked = 0;

  constructor(private readonly failsIn: (call: number) => boolean) {}

  propose(observation: Observation): ReturnType<EngineRunner['propose']> {
    this.asked += 1;
    if (this.failsIn(this.asked)) return Promise.reject(AppError.transient('engine-timeout', 'too late'));
    return this.#inner.propose(observation);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

describe('a backtest', () => {
  const scenario = randomScenario(5, { steps: 1200, pools: 3, keep: 0.98, up: 0.85 });

  it('has the figures of every engine beside the live one and the best plan', async () => {
    const shares: number[] = [];
    const result = await runBacktest(scenario, await entriesOf(['greedy', 'seed-rule'], KNOWN), SETTINGS, {
      takeTurn: () => Promise.resolve(),
      onProgress: (share) => shares.push(share),
    });
    const live = await replayInTurns(scenario, policyOf('seed-rule', scenario));
    const greedy = await replayInTurns(scenario, policyOf('greedy', scenario));
    const best = replay(scenario, new PlannedPolicy('best', optimumOf(scenario, 100).plan));
    expect(result.rows.map(({ engine, role }) => [engine, role])).toEqual([
      ['seed-rule', 'live'],
      ['greedy', 'challenger'],
    ]);
    const [ofLive, ofGreedy] = result.rows;
    expect(ofLive?.played?.figures).toMatchObject({ score: live.score, costUsd: live.costUsd });
    expect(ofLive).toMatchObject({ scoreToLive: 0, scoreToOptimum: live.score - best.score, faults: 0 });
    expect(ofGreedy).toMatchObject({
      scoreToLive: greedy.score - live.score,
      scoreToOptimum: greedy.score - best.score,
    });
    expect(result.optimum.figures.score).toBe(best.score);
    expect(result.onDemand.costUsd).toBeCloseTo(100, 9);
    expect(result).toMatchObject({ steps: 1200, stepSeconds: 300, poolIds: ['t.z0', 't.z1', 't.z2'] });
    expect(result.notes).toEqual(['a note']);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
  });

  it('has lines that end at the cost, and a mark for every change and interruption', async () => {
    const { rows, times, from, to } = await runBacktest(
      scenario,
      await entriesOf(['greedy'], KNOWN),
      SETTINGS,
      AT_ONCE,
    );
    expect([times[0], times.at(-1)]).toEqual([from, to]);
    for (const { played, marks } of rows) {
      expect(played?.costUsd).toHaveLength(times.length);
      expect(played?.costUsd.at(-1)).toBeCloseTo(played?.figures.costUsd ?? Number.NaN, 9);
      const count = (kind: string): number => marks.filter((mark) => mark.kind === kind).length;
      expect(count('switch')).toBe(played?.figures.switches);
      expect(count('interruption')).toBe(played?.figures.interruptions);
    }
  });

  it('weighs downtime by what a minute of it costs', async () => {
    const play = async (downtimeUsdPerMinute: number | null) =>
      runBacktest(
        scenario,
        await entriesOf(['greedy'], KNOWN),
        { ...SETTINGS, downtimeUsdPerMinute },
        AT_ONCE,
      );
    const dear = await play(10);
    const usual = await play(null);
    expect(usual.downtimeUsdPerMinute).toBeCloseTo(100 / 60, 12);
    const { costRatio, availability, score } = dear.rows[0]?.played?.figures ?? {
      costRatio: 0,
      availability: 0,
      score: 0,
    };
    expect(score).toBeCloseTo(costRatio + 600 * (1 - availability), 9);
    expect(dear.optimum.figures.downtimeSeconds).toBeLessThanOrEqual(usual.optimum.figures.downtimeSeconds);
  });

  it('plays an uploaded engine by its runner, and counts its faults as steps without a change', async () => {
    const stranger = new Stranger((call) => call % 100 === 0);
    const entries = await entriesOf(['stranger'], {
      ...KNOWN,
      runnerOf: (name) => (name === 'stranger' ? stranger : null),
    });
    const { rows } = await runBacktest(scenario, entries, SETTINGS, AT_ONCE);
    expect(stranger.asked).toBe(1200);
    expect(rows[1]).toMatchObject({ engine: 'stranger', faults: 12, error: null });
    expect(rows[1]?.played).not.toBeNull();
  });

  it('gives an engine up that keeps failing, and plays the others', async () => {
    const entries = await entriesOf(['stranger', 'greedy'], {
      ...KNOWN,
      runnerOf: () => new Stranger(() => true),
    });
    const { rows } = await runBacktest(scenario, entries, SETTINGS, AT_ONCE);
    expect(rows[1]).toMatchObject({ played: null, faults: 20, scoreToLive: null });
    expect(rows[1]?.error).toContain('after 20 faults, the last one engine-timeout: too late');
    expect(rows[2]?.played).not.toBeNull();
  });

  it('comes to the same when it is run again, and ends where it is told to', async () => {
    const entries = () => entriesOf(['greedy', 'hot-standby'], KNOWN);
    const first = await runBacktest(scenario, await entries(), SETTINGS, AT_ONCE);
    expect(await runBacktest(scenario, await entries(), SETTINGS, AT_ONCE)).toEqual(first);
    let turns = 0;
    const ended = runBacktest(scenario, await entries(), SETTINGS, {
      ...AT_ONCE,
      takeTurn: () => {
        turns += 1;
        if (turns === 100) throw new Error('enough');
        return undefined;
      },
    });
    await expect(ended).rejects.toThrow('enough');
    expect(turns).toBe(100);
  });

  it('refuses an engine that there is not, and names those there are', async () => {
    await expect(entriesOf(['nobody'], KNOWN)).rejects.toThrow(
      'there is no engine nobody; there are: hazard',
    );
  });

  it('is a picture with a line and a lane for each engine', async () => {
    const entries = await entriesOf(['greedy', 'stranger'], {
      ...KNOWN,
      runnerOf: () => new Stranger(() => true),
    });
    const result = await runBacktest(scenario, entries, SETTINGS, AT_ONCE);
    const svg = backtestChartSvg(result);
    expect(svg).toContain('t, 3 pools, 2026-01-01 to 2026-01-05');
    for (const name of ['on-demand', 'optimum', 'seed-rule', 'greedy']) expect(svg).toContain(`>${name} $`);
    expect(svg).toContain('not played to its end');
    const switches = result.rows.reduce((sum, { played }) => sum + (played?.figures.switches ?? 0), 0);
    expect([...svg.matchAll(/stroke-width="1.2"/g)]).toHaveLength(switches);
  });
});

describe('a history', () => {
  const series = [
    {
      az: 'us-east-1b',
      instanceType: 'm5.large',
      changes: [
        { atS: at(1), usdPerHour: 0.03 },
        { atS: at(5), usdPerHour: 0.04 },
      ],
    },
    { az: 'us-east-1a', instanceType: 'm5.large', changes: [{ atS: at(2), usdPerHour: 0.05 }] },
    { az: 'us-west-2a', instanceType: 'm5.large', changes: [{ atS: at(0), usdPerHour: 0.02 }] },
    { az: 'us-east-1a', instanceType: 'c5.large', changes: [{ atS: at(0), usdPerHour: 0.02 }] },
  ];
  const facts = new Map([
    ['m5.large.us-east-1a', { onDemandUsdPerHour: 0.096, advisorBucket: 2 }],
    ['m5.large.us-east-1b', { onDemandUsdPerHour: 0.096, advisorBucket: null }],
  ]);
  const history: PriceHistory = {
    source: 'stored',
    series,
    facts,
    outages: new Map([['m5.large.us-east-1b', [{ fromS: at(3), seconds: 1800 }]]]),
  };
  const choice: HistoryChoice = {
    region: 'us-east-1',
    instanceType: 'm5.large',
    poolIds: null,
    onDemandUsdPerHour: null,
    fromS: at(0),
    days: null,
    toS: at(6),
    stepSeconds: 600,
  };

  it('is replayed from its first price on, in pools of the type and region', () => {
    const { scenario, notes } = scenarioOfHistory(history, choice);
    expect(scenario.pools.map(({ id, advisorBucket }) => [id, advisorBucket])).toEqual([
      ['us-east-1a/m5.large', 2],
      ['us-east-1b/m5.large', null],
    ]);
    expect(scenario).toMatchObject({ startS: at(1), steps: 30, onDemand: { usdPerHour: 0.096 } });
    expect([...(scenario.available[0] ?? [])].indexOf(1)).toBe(6);
    expect([...(scenario.available[1] ?? [])].flatMap((up, step) => (up === 0 ? [step] : []))).toEqual([
      12, 13, 14,
    ]);
    expect(notes).toEqual(['prices begin at 2026-01-01T01:00:00.000Z, and so does the replay']);
  });

  it('takes what was asked for before what is known', () => {
    const poolIds = ['m5.large.us-west-2a', 'm5.large.us-east-1a'];
    const { scenario } = scenarioOfHistory(history, {
      ...choice,
      poolIds,
      onDemandUsdPerHour: 0.1,
      fromS: null,
      toS: at(8),
    });
    expect(scenario.pools.map(({ region, onDemandUsdPerHour }) => [region, onDemandUsdPerHour])).toEqual([
      ['us-east-1', 0.1],
      ['us-west-2', 0.1],
    ]);
    expect(scenario).toMatchObject({ startS: at(0), steps: 48 });
  });

  it.each([
    [
      'no such type',
      { instanceType: 'r5.large' },
      'there are no stored prices of r5.large in us-east-1; there are some of c5.large, m5.large',
    ],
    ['two regions', { region: null }, 'm5.large has prices in us-east-1, us-west-2: name one as region'],
    [
      'no price to compare with',
      { region: 'us-west-2' },
      'the on-demand price of m5.large.us-west-2a is not known: give it',
    ],
    [
      'a type without a price to compare with',
      { poolIds: ['c5.large.us-east-1a'] },
      'the on-demand price of c5.large.us-east-1a is not known: leave',
    ],
    [
      'nothing in the window',
      { fromS: at(-9), toS: at(-5) },
      'what is known reaches from 2026-01-01T01:00:00.000Z',
    ],
    ['too much', { toS: at(24 * 1000) }, 'choose a shorter window, or longer steps'],
  ])('says what is missing: %s', (_name, change, problem) => {
    expect(() => scenarioOfHistory(history, { ...choice, ...change })).toThrow(problem);
  });
});
