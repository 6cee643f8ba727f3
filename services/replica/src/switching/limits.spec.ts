import { describe, expect, it } from '@jest/globals';
import { DEFAULT_SETTINGS } from '../fleet/ports.js';
import { sampleSwitch } from '../testing/samples.contract.js';
import { refuseByLimits } from './limits.js';
import type { Switch } from './switch.js';

const NOW_MS = Date.parse('2026-11-21T12:00:00.000Z');
const hoursAgo = (hours: number) => sampleSwitch({ startedAt: new Date(NOW_MS - hours * 3_600_000) });
const refusalOf = (ages: readonly number[], change: Partial<typeof DEFAULT_SETTINGS> = {}): string | null =>
  refuseByLimits({ ...DEFAULT_SETTINGS, ...change }, ages.map(hoursAgo), NOW_MS)?.code ?? null;

describe('limits of a program’s switches', () => {
  it.each<[string, readonly number[], Partial<typeof DEFAULT_SETTINGS>, string | null]>([
    ['no history', [], {}, null],
    ['automatic switching off', [], { autoSwitchEnabled: false }, 'auto-switch-off'],
    ['within the cool-down', [1.9], {}, 'cooldown'],
    ['at the end of the cool-down', [2], {}, null],
    ['two in a day', [3, 20], {}, null],
    ['three in a day', [3, 10, 20], {}, 'daily-limit'],
    ['the third a day ago', [3, 10, 24], {}, null],
    ['ten in a week', [30, 40, 50, 60, 70, 80, 90, 100, 110, 120], {}, 'weekly-limit'],
    ['the tenth a week ago', [30, 40, 50, 60, 70, 80, 90, 100, 110, 168], {}, null],
    ['no cool-down wanted', [0.01], { cooldownMinutes: 0 }, null],
    ['none allowed', [], { maxSwitchesPerDay: 0 }, 'daily-limit'],
  ])('%s', (_case, ages, change, code) => {
    expect(refusalOf(ages, change)).toBe(code);
  });

  it.each<[Switch['step'], string | null]>([
    ['launch', null],
    ['sync', null],
    ['quiesce', 'cooldown'],
    ['confirm', 'cooldown'],
  ])('one that failed at %s', (step, code) => {
    const startedAt = new Date(NOW_MS - 60_000);
    const failed = sampleSwitch({ status: 'failed', step, startedAt });
    expect(refuseByLimits(DEFAULT_SETTINGS, [failed], NOW_MS)?.code ?? null).toBe(code);
  });
});
