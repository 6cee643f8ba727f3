import { beforeEach, expect, it } from '@jest/globals';
import type { Tx } from '@spotopt/kernel';
import type { InstanceHours } from './ports.js';

export interface InstanceHoursUnderTest {
  readonly hours: InstanceHours;
  readonly read: <Result>(work: (tx: Tx) => Promise<Result>) => Promise<Result>;
}

const at = (time: string): Date => new Date(`2026-11-21T${time}:00.000Z`);
const A = 't3.medium.us-east-1a';
const B = 't3.medium.us-east-1b';

/**
 * What every implementation of `InstanceHours` promises, for one machine in the pool A (t3.medium in us-east-1a) that
 * has run since 10:00 on 21 November 2026 and none elsewhere.
 */
export function instanceHoursContract(setUp: () => Promise<InstanceHoursUnderTest>): void {
  let env: InstanceHoursUnderTest;

  beforeEach(async () => {
    env = await setUp();
  });

  const hoursOf = (from: string, to: string, poolIds = [A, B]) =>
    env.read((tx) => env.hours.perPool(tx, poolIds, at(from), at(to)));

  it('counts the part of the span in which a machine ran', async () => {
    expect(await hoursOf('11:00', '12:30')).toEqual(new Map([[A, 1.5]]));
    expect(await hoursOf('08:00', '12:00')).toEqual(new Map([[A, 2]]));
  });

  it('leaves out pools in which none ran, and pools that were not asked for', async () => {
    expect(await hoursOf('08:00', '10:00')).toEqual(new Map());
    expect(await hoursOf('11:00', '12:00', [B])).toEqual(new Map());
    expect(await hoursOf('11:00', '12:00', [])).toEqual(new Map());
  });
}
