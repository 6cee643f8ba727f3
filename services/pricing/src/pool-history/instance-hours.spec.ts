import { describe } from '@jest/globals';
import { Tx } from '@spotopt/kernel';
import { instanceHoursContract } from './instance-hours.contract.js';
import { SteadyHours } from './instance-hours.fake.js';

/** The fake reads no database. */
class NoTx extends Tx {
  override readonly mode = 'read';
}

describe('SteadyHours', () => {
  instanceHoursContract(() =>
    Promise.resolve({
      hours: new SteadyHours({ 't3.medium.us-east-1a': new Date('2026-11-21T10:00:00.000Z') }),
      read: (work) => work(new NoTx()),
    }),
  );
});
