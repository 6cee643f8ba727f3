import { describe, expect, it } from '@jest/globals';
import type { PoolMark } from '../market/ports.js';
import { PoolSpells } from './pool-spells.js';

const NOON = Date.parse('2026-11-21T12:00:00.000Z');
const MINUTE_MS = 60_000;

const mark = (minutes: number, kind: PoolMark['kind'] = 'interruption'): PoolMark => ({
  poolId: 't3.medium.us-east-1a',
  kind,
  at: new Date(NOON + minutes * MINUTE_MS),
});

/** Spells in minutes; negative where the end was not seen. */
function spellsOf(
  running: readonly (number | null)[],
  marks: readonly PoolMark[] = [],
): { up: number[]; down: number[] } {
  const spells = new PoolSpells(marks);
  for (const [index, runningInstances] of running.entries()) {
    if (runningInstances === null) continue;
    spells.add({ at: new Date(NOON + index * 5 * MINUTE_MS).toISOString(), runningInstances });
  }
  spells.finish();
  const minutesOf = (kind: 'up' | 'down'): number[] =>
    spells[kind].map(({ seconds, ended }) => (ended ? seconds : -seconds) / 60);
  return { up: minutesOf('up'), down: minutesOf('down') };
}

const times = (count: number, running: number | null): (number | null)[] =>
  Array.from({ length: count }, () => running);

describe('spells of a pool', () => {
  it('are none where nothing ever ran or was asked for', () => {
    expect(spellsOf(times(50, 0))).toEqual({ up: [], down: [] });
    expect(spellsOf([])).toEqual({ up: [], down: [] });
  });

  it('last from the first machine to its interruption, and to the next machine', () => {
    const running = [...times(2, 0), ...times(10, 1), ...times(4, 0), ...times(6, 1)];
    expect(spellsOf(running, [mark(57)])).toEqual({ up: [47, -30], down: [23] });
  });

  it('are cut off when we leave, and at the end', () => {
    expect(spellsOf([...times(3, 1), ...times(2, 0), ...times(4, 2)])).toEqual({ up: [-15, -20], down: [] });
  });

  it('are cut off when nobody knows what ran, but not by a short hole', () => {
    expect(spellsOf([...times(4, 1), ...times(12, null), ...times(4, 1)]).up).toEqual([-100]);
    expect(spellsOf([...times(4, 1), ...times(13, null), ...times(4, 1)]).up).toEqual([-20, -20]);
  });

  it('of being down last from a refused launch to the first machine, through further refusals', () => {
    const running = [...times(6, 0), ...times(3, 1)];
    const refused = [mark(2, 'launch-failed'), mark(12, 'launch-failed')];
    expect(spellsOf(running, refused)).toEqual({ up: [-15], down: [28] });
  });

  it('of being down are cut off at the last refusal when nobody asked for an hour', () => {
    const running = [...times(20, 0), ...times(3, 1)];
    const refused = [mark(2, 'launch-failed'), mark(12, 'launch-failed')];
    expect(spellsOf(running, refused).down).toEqual([-10]);
    expect(spellsOf(running, [mark(2, 'launch-failed')]).down).toEqual([]);
  });

  it('of being up are not ended by a launch that was refused', () => {
    expect(spellsOf(times(6, 1), [mark(12, 'launch-failed')])).toEqual({ up: [-30], down: [] });
  });

  it('end for a pool that takes one of several machines, and begin anew with those that stay', () => {
    expect(spellsOf([...times(5, 3), ...times(5, 2)], [mark(22)])).toEqual({ up: [22, -15], down: [13] });
  });

  it('do not take the machine that was interrupted for a new one', () => {
    expect(spellsOf([1, 1, 1, 1, 0, 0], [mark(12)])).toEqual({ up: [12], down: [] });
  });

  it('hear of what happened in a hole', () => {
    expect(spellsOf([...times(4, 1), ...times(8, null), ...times(4, 1)], [mark(30)])).toEqual({
      up: [30, -20],
      down: [30],
    });
  });
});
