import { describe, expect, it } from '@jest/globals';
import { sampleSwitch } from '../testing/samples.contract.js';
import { downtimeMsOf, savingsUsdPerHourOf } from './switch-progress.js';

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
