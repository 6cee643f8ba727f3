import { describe, expect, it } from '@jest/globals';
import type { Advice, Outcome } from './advice.js';
import { pairedBootstrap, type PairedCluster } from './bootstrap.js';
import { Comparison } from './comparison.js';
import { verdictOf } from './verdict.js';

const HOUR_MS = 3_600_000;
const START_MS = Date.parse('2026-11-01T00:00:00.000Z');
const engineOf = (name: string) => ({
  engineId: `builtin:${name}`,
  kind: 'builtin' as const,
  name,
  version: '1',
  sha256: null,
});
const HAZARD = engineOf('hazard');
const SEED = engineOf('seed-rule');

const cost = (usdPerHour: number): Outcome => ({
  cost: {
    machineUsd: 24 * usdPerHour,
    standbyUsd: 0,
    doubleRunUsd: 0,
    transferUsd: 0,
    downtimeUsd: 0,
    downtimeSeconds: 10,
    losses: 1,
    lostAt: null,
    totalUsd: 24 * usdPerHour,
    usdPerHour,
    estimated: false,
  },
  hindsight: { target: null, standby: null, usdPerHour: 0.01 },
  regretUsdPerHour: usdPerHour - 0.01,
  happened: null,
});

const adviceOn = (day: number, change: Partial<Advice>): Advice => {
  const decidedAt = new Date(START_MS + day * 24 * HOUR_MS);
  return {
    decisionId: `decision-${String(day)}`,
    agentId: 'agent-1',
    clientId: 'client-1',
    region: 'us-east-1',
    instanceType: 't3.medium',
    decidedAt,
    engine: HAZARD,
    role: 'decided',
    elapsedMs: 1,
    current: { mode: 'ondemand', poolId: 't3.medium.us-east-1a' },
    advised: {
      action: 'stay',
      target: null,
      standby: null,
      expectedUsdPerHour: 0.02,
      expectedSavingUsdPerHour: 0,
    },
    failure: null,
    horizonEndsAt: new Date(decidedAt.getTime() + 24 * HOUR_MS),
    evaluateAt: null,
    evaluatedAt: decidedAt,
    outcome: cost(0.02),
    ...change,
  };
};

const moved = {
  action: 'switch_to_spot' as const,
  target: { mode: 'spot' as const, poolId: 't3.medium.us-east-1b' },
  standby: null,
  expectedUsdPerHour: 0.03,
  expectedSavingUsdPerHour: 0.01,
};

describe('champion and challengers', () => {
  const table = (days: number, ofChallenger: (day: number) => Partial<Advice>) => {
    const comparison = new Comparison(HAZARD);
    for (let day = 0; day < days; day++) {
      comparison.add([
        adviceOn(day, {}),
        adviceOn(day, { engine: SEED, role: 'shadow', ...ofChallenger(day) }),
      ]);
    }
    return comparison.table();
  };

  it('sums up what each of them expected and what came of it', async () => {
    const rows = await table(4, (day) => ({
      elapsedMs: day + 1,
      advised: day < 1 ? moved : adviceOn(0, {}).advised,
      outcome: cost(0.04),
    }));
    expect(rows.map(({ engine }) => engine.name)).toEqual(['hazard', 'seed-rule']);
    expect(rows[0]).toMatchObject({
      champion: true,
      decisions: 4,
      decided: 4,
      agreement: 1,
      verdict: null,
      losses: 4,
      downtimeSeconds: 40,
      comparedHours: 96,
    });
    expect(rows[1]).toMatchObject({
      champion: false,
      decided: 0,
      compared: 4,
      agreement: 0.75,
      elapsedMs: { p50: 2, p99: 4 },
    });
    expect(rows[1]?.expectedUsdPerHour).toBeCloseTo((0.03 + 3 * 0.02) / 4, 10);
    expect(rows[1]?.realisedUsdPerHour).toBeCloseTo(0.04, 10);
    expect(rows[1]?.regretUsdPerHour).toBeCloseTo(0.03, 10);
  });

  it('counts what failed, what is not known and what is not over, apart from what is compared', async () => {
    const failed = { advised: null, outcome: null };
    const changes: Partial<Advice>[] = [
      { ...failed, failure: { code: 'engine-timeout', message: 'late' } },
      { ...failed, failure: { code: 'engine-crashed', message: 'gone' } },
      { outcome: null },
      { outcome: { unknown: 'price-unknown', poolId: null } },
      {},
    ];
    const [, row] = await table(changes.length, (day) => changes[day] ?? {});
    expect(row).toMatchObject({
      decisions: 5,
      failures: 2,
      timeouts: 1,
      pending: 1,
      unknown: 1,
      compared: 1,
    });
    expect(row?.verdict).toMatchObject({ pairs: 1, marketDays: 1, conclusion: 'too-little' });
  });

  it('does not take an interruption that hit every decision of a day for many', async () => {
    const comparison = new Comparison(HAZARD);
    for (let hour = 0; hour < 24; hour++) {
      const when = { decisionId: `at-${String(hour)}`, decidedAt: new Date(START_MS + hour * HOUR_MS) };
      comparison.add([
        adviceOn(0, when),
        adviceOn(0, { ...when, engine: SEED, role: 'shadow', outcome: cost(0.01) }),
      ]);
    }
    const [, row] = await comparison.table();
    expect(row?.verdict).toMatchObject({ pairs: 24, marketDays: 1, conclusion: 'too-little' });
    expect(row?.verdict?.text).toContain('8 market-days are needed');
  });

  it.each([
    ['better', 0.015, 25],
    ['worse', 0.025, -25],
  ])('says by how much an engine is %s', async (conclusion, usdPerHour, percent) => {
    const [, row] = await table(10, (day) => ({
      outcome: cost(usdPerHour + (day % 2 === 0 ? 0.001 : -0.001)),
    }));
    expect(row?.verdict).toMatchObject({ conclusion, pairs: 10, marketDays: 10 });
    expect(row?.verdict?.betterPercent).toBeCloseTo(percent, 6);
  });

  it('shows no difference where luck decides', async () => {
    const [, row] = await table(10, (day) => ({ outcome: cost(day === 0 ? 0.08 : 0.016) }));
    expect(row?.verdict?.conclusion).toBe('no-difference');
  });
});

describe('the bootstrap', () => {
  const clusters = Array.from({ length: 12 }, (_, index): PairedCluster => ({
    pairs: 5,
    championUsd: 1,
    challengerUsd: 0.8 + (index % 4) * 0.05,
  }));

  it('gives the same answer every time, around the figure itself', async () => {
    const result = await pairedBootstrap(clusters);
    expect(result).toEqual(await pairedBootstrap(clusters));
    // The mean of 0.80, 0.85, 0.90 and 0.95 is 0.875; its standard error over 12 clusters 0.0161.
    expect(result?.betterPercent).toBeCloseTo(12.5, 10);
    expect(result?.lowPercent).toBeGreaterThan(12.5 - 1.96 * 1.61 - 0.6);
    expect(result?.lowPercent).toBeLessThan(12.5 - 1.96 * 1.61 + 0.6);
    expect(result?.highPercent).toBeGreaterThan(12.5 + 1.96 * 1.61 - 0.6);
    expect(result?.highPercent).toBeLessThan(12.5 + 1.96 * 1.61 + 0.6);
  });

  it('lets other work have its turn', async () => {
    const many = Array.from({ length: 2_700 }, () => ({ pairs: 1, championUsd: 1, challengerUsd: 0.9 }));
    let turns = 0;
    let isOver = false;
    const other = (): void => {
      turns += 1;
      if (!isOver) setImmediate(other);
    };
    setImmediate(other);
    expect((await pairedBootstrap(many))?.betterPercent).toBeCloseTo(10, 6);
    isOver = true;
    expect(turns).toBeGreaterThan(50);
  });

  it('says nothing without anything', async () => {
    expect(await pairedBootstrap([])).toBeNull();
    expect(await pairedBootstrap([{ pairs: 1, championUsd: 0, challengerUsd: 1 }])).toBeNull();
    expect(await verdictOf([])).toMatchObject({ conclusion: 'too-little', betterPercent: null });
  });
});
