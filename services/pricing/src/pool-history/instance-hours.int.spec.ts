import { afterEach, describe, expect, it } from '@jest/globals';
import type { Mode } from '@spotopt/contracts';
import { insertRows } from '@spotopt/persistence';
import { databaseDialects, type TestDatabase, testDatabase } from '@spotopt/testkit';
import { UsageMachineRow } from '../ledger/usage-rows.store.js';
import { pricingService } from '../pricing.module.js';
import { instanceHoursContract, type InstanceHoursUnderTest } from './instance-hours.contract.js';
import { SqlInstanceHours } from './instance-hours.store.js';

const POOL = 't3.medium.us-east-1a';
const STARTED = new Date('2026-11-21T10:00:00.000Z');

describe.each(databaseDialects())('hours of machines on %s', (dialect) => {
  const open: TestDatabase[] = [];

  afterEach(async () => {
    for (const { cleanUp } of open.splice(0)) await cleanUp();
  });

  async function machineOf(mode: Mode): Promise<InstanceHoursUnderTest> {
    const test = await testDatabase(dialect, { ...pricingService, service: 'pricing' });
    open.push(test);
    const { uow } = test.database;
    const row = { ec2InstanceId: 'i-1', clientId: 'client-1', mode, poolId: POOL };
    await uow.run((tx) => insertRows(tx, UsageMachineRow, { ...row, startedAt: STARTED, endedAt: null }));
    return { hours: new SqlInstanceHours(), read: (work) => uow.read(work) };
  }

  describe('of a spot machine', () => {
    instanceHoursContract(() => machineOf('spot'));
  });

  // Its notices count as well, so that the rate of interruptions has both.
  describe('of a machine whose mode nobody knows', () => {
    instanceHoursContract(() => machineOf('unknown'));
  });

  it('are none of an on-demand machine', async () => {
    const { hours, read } = await machineOf('ondemand');
    const until = new Date('2026-11-21T12:00:00.000Z');
    expect(await read((tx) => hours.perPool(tx, [POOL], STARTED, until))).toEqual(new Map());
  });
});
