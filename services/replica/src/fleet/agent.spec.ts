import { describe, expect, it } from '@jest/globals';
import { changeSettings, DEFAULT_SETTINGS } from './agent.js';

const AUTO = { ...DEFAULT_SETTINGS, autoSwitchEnabled: true, manualReplicaEnabled: false };
const MANUAL = { ...DEFAULT_SETTINGS, autoSwitchEnabled: false, manualReplicaEnabled: true };
const NEITHER = { ...DEFAULT_SETTINGS, autoSwitchEnabled: false, manualReplicaEnabled: false };

describe('settings (CT-43)', () => {
  it.each([
    ['manual on turns automatic off', AUTO, { manualReplicaEnabled: true }, MANUAL],
    ['automatic on turns manual off', MANUAL, { autoSwitchEnabled: true }, AUTO],
    ['both stated, one of each', AUTO, { autoSwitchEnabled: false, manualReplicaEnabled: true }, MANUAL],
    ['both off', AUTO, { autoSwitchEnabled: false, manualReplicaEnabled: false }, NEITHER],
    ['turning one off leaves the other', MANUAL, { manualReplicaEnabled: false }, NEITHER],
    [
      'what is undefined is not stated',
      AUTO,
      { manualReplicaEnabled: undefined, autoSwitchEnabled: undefined },
      AUTO,
    ],
    ['on again changes nothing', AUTO, { autoSwitchEnabled: true }, AUTO],
    ['other settings are left alone', AUTO, { maxRisk: 0.2 }, { ...AUTO, maxRisk: 0.2 }],
  ])('%s', (_case, current, change, expected) => {
    expect(changeSettings(current, change)).toEqual(expected);
  });

  it('refuses a request that states both as true', () => {
    expect(() => changeSettings(NEITHER, { autoSwitchEnabled: true, manualReplicaEnabled: true })).toThrow(
      expect.objectContaining({ code: 'settings-conflict', kind: 'permanent' }),
    );
  });
});
