import { describe, expect, it } from '@jest/globals';
import { DEFAULT_SETTINGS } from '../fleet/ports.js';
import { sampleAgent, sampleInstance } from '../testing/samples.contract.js';
import { terminationDueAtMs } from './retire-machines.js';

const SINCE = new Date('2026-11-21T12:00:00.000Z');
const DAY_MS = 86_400_000;
const dueAfterMs = (
  machine: Parameters<typeof sampleInstance>[0],
  settings: Partial<typeof DEFAULT_SETTINGS> = {},
): number =>
  terminationDueAtMs(
    sampleInstance({ state: 'zombie', zombieSince: SINCE, ...machine }),
    sampleAgent({ settings: { ...DEFAULT_SETTINGS, ...settings } }),
  ) - SINCE.getTime();

describe('when a machine may be terminated', () => {
  it.each<[string, Parameters<typeof sampleInstance>[0], Partial<typeof DEFAULT_SETTINGS>, number]>([
    ['an old primary after the wait', { promotedAt: SINCE }, { terminateWaitSeconds: 300 }, 300_000],
    ['the first primary too', {}, { terminateWaitSeconds: 300 }, 300_000],
    ['kept for 30 days without auto-terminate', {}, { autoTerminateEnabled: false }, 30 * DAY_MS],
    ['a standby that was given up, at once', { replicaType: 'manual' }, {}, 0],
    ['whatever auto-terminate says (PR-115)', { replicaType: 'switch' }, { autoTerminateEnabled: false }, 0],
    [
      'a standby that was promoted counts as an old primary',
      { replicaType: 'switch', promotedAt: SINCE },
      { terminateWaitSeconds: 60 },
      60_000,
    ],
  ])('%s', (_case, machine, settings, ms) => {
    expect(dueAfterMs(machine, settings)).toBe(ms);
  });

  it('counts from its beginning when nobody noted since when it is a zombie', () => {
    expect(dueAfterMs({ zombieSince: null, createdAt: SINCE }, { terminateWaitSeconds: 1 })).toBe(1_000);
  });
});
