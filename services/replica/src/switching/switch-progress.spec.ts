import { describe, expect, it } from '@jest/globals';
import { sampleSwitch } from '../testing/samples.contract.js';
import { accruedSavingsUsd, averageSavingsPercent } from './switch-history.js';
import { downtimeMsOf, savingsUsdPerHourOf } from './switch-progress.js';
import type { Switch } from './switch.js';

const HOUR_MS = 3_600_000;
const NOW_MS = 100 * HOUR_MS;
const moved = (atHour: number, newUsdPerHour: number | null, agentId = 'agent-1'): Switch =>
  sampleSwitch({
    agentId,
    finishedAt: new Date(atHour * HOUR_MS),
    onDemandUsdPerHour: 0.1,
    newUsdPerHour,
  });

describe('accrued savings', () => {
  it.each<[string, readonly Switch[], number, number]>([
    ['nothing without a switch', [], 0, 0],
    ['the difference to on-demand since the switch', [moved(90, 0.04)], 0, 0.6],
    ['a loss keeps its sign', [moved(90, 0.15)], 0, -0.5],
    ['each span counts at its own price, whatever the order', [moved(95, 0.1), moved(90, 0.04)], 0, 0.3],
    ['only what lies in the period', [moved(90, 0.04)], 98, 0.12],
    ['a span with an unknown price counts nothing', [moved(90, null), moved(98, 0.05)], 0, 0.1],
    ['agents do not end each other’s spans', [moved(90, 0.04), moved(95, 0.04, 'agent-2')], 0, 0.9],
    ['a switch that has not finished counts nothing', [sampleSwitch({ finishedAt: null })], 0, 0],
  ])('%s', (_case, switches, fromHour, usd) => {
    expect(accruedSavingsUsd(switches, fromHour * HOUR_MS, NOW_MS)).toBeCloseTo(usd, 6);
  });
});

describe('the average saving', () => {
  it('is that of each workload’s present place', () => {
    expect(averageSavingsPercent([])).toBe(0);
    expect(averageSavingsPercent([moved(90, null)])).toBe(0);
    // Newest first: the older switch of the same workload no longer counts.
    const switches = [moved(95, 0.05), moved(90, 0.04), moved(92, 0.075, 'agent-2')];
    expect(averageSavingsPercent(switches)).toBe(37.5);
  });
});

describe('a switch’s own figures', () => {
  it('states a downtime only when both ends were measured', () => {
    const servedUntil = new Date(1_000);
    expect(downtimeMsOf(sampleSwitch({ servedUntil }))).toBeNull();
    expect(downtimeMsOf(sampleSwitch({ servedUntil, servingSince: new Date(3_500) }))).toBe(2_500);
    expect(downtimeMsOf(sampleSwitch({ servedUntil, servingSince: new Date(500) }))).toBe(0);
  });

  it('states a signed saving only when both prices are known', () => {
    expect(savingsUsdPerHourOf(sampleSwitch({ oldUsdPerHour: 0.02 }))).toBeNull();
    expect(savingsUsdPerHourOf(sampleSwitch({ oldUsdPerHour: 0.02, newUsdPerHour: 0.03 }))).toBe(-0.01);
  });
});
