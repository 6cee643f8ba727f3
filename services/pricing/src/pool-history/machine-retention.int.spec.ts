import { afterEach, describe, expect, it } from '@jest/globals';
import { RetentionJob, selectRows } from '@spotopt/persistence';
import { databaseDialects, ManualClock, type TestDatabase, testDatabase } from '@spotopt/testkit';
import { pricingService } from '../pricing.module.js';
import { retentionRules } from '../retention.js';
import { SqlPoolHistoryStore } from './pool-history.store.js';

const DAY_MS = 86_400_000;
const NOW = new Date('2026-11-21T12:00:00.000Z');

describe.each(databaseDialects())('what is kept of machines on %s', (dialect) => {
  const open: TestDatabase[] = [];

  afterEach(async () => {
    for (const { cleanUp } of open.splice(0)) await cleanUp();
  });

  it('goes with their end, and stays for those that run', async () => {
    const clock = new ManualClock(NOW);
    const test = await testDatabase(dialect, { ...pricingService, service: 'pricing', clock });
    open.push(test);
    const { uow, leases } = test.database;
    const store = new SqlPoolHistoryStore();
    await uow.run(async (tx) => {
      for (const ec2InstanceId of ['i-old', 'i-young', 'i-running']) {
        await store.addMachine(tx, { ec2InstanceId, poolId: 't3.medium.us-east-1a', mode: 'spot' });
      }
      for (const [ec2InstanceId, days] of [
        ['i-old', 91],
        ['i-young', 89],
        ['i-unplaced', 91],
      ] as const) {
        const endedAt = new Date(NOW.getTime() - days * DAY_MS);
        await store.addEnd(tx, { ec2InstanceId, endedAt, reason: 'test' });
      }
    });
    const rules = retentionRules({ priceRetentionDays: 90 });
    await new RetentionJob({ uow, leases, clock, random: () => 0.5, rules }).execute();
    const left = (table: string): Promise<string[]> =>
      uow.read(async (tx) => {
        const sql = `SELECT ec2_instance_id AS id FROM ${table} ORDER BY ec2_instance_id`;
        return (await selectRows<{ id: string }>(tx, sql)).map(({ id }) => id);
      });
    expect(await left('machine_place')).toEqual(['i-running', 'i-young']);
    expect(await left('machine_end')).toEqual(['i-young']);
  });
});
