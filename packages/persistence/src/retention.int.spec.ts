import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { databaseDialects, ManualClock, type TestDatabase, testDatabase } from '@spotopt/testkit';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { changeRows, column, createTable, RetentionJob, selectRows } from '@spotopt/persistence';

const DAY_MS = 86_400_000;
const NOW = new Date('2026-11-21T12:00:00.000Z');

class Prices implements MigrationInterface {
  readonly name = 'Prices1700000000000';

  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, {
      name: 'price',
      columns: [column.id('pool', { primary: true }), column.instant('at', { primary: true })],
      indexes: [{ columns: ['at'] }],
    });
  }

  async down(): Promise<void> {
    // Goes with its database.
  }
}

describe.each(databaseDialects())('retention on %s', (dialect) => {
  let test: TestDatabase;
  const clock = new ManualClock(NOW);

  beforeAll(async () => {
    test = await testDatabase(dialect, { service: 'retention', migrations: [Prices], clock });
  });
  afterAll(() => test.cleanUp());

  it('deletes what is old in small steps, and keeps the newest old row of each where that is wanted', async () => {
    const { uow, leases } = test.database;
    await uow.run(async (tx) => {
      for (const pool of ['a', 'b']) {
        for (let days = 1; days <= 7; days += 1) {
          if (pool === 'b' && days <= 3) continue;
          const at = new Date(NOW.getTime() - days * DAY_MS);
          await changeRows(tx, 'INSERT INTO price (pool, at) VALUES (?, ?)', [pool, at]);
        }
      }
    });
    const rule = { table: 'price', keys: ['pool', 'at'], timeColumn: 'at', chunk: 2 };
    const left = async (): Promise<string[]> => {
      const rows = await uow.read((tx) =>
        selectRows<{ pool: string; n: number }>(
          tx,
          'SELECT pool, COUNT(*) AS n FROM price GROUP BY pool ORDER BY pool',
        ),
      );
      return rows.map(({ pool, n }) => `${pool} ${String(n)}`);
    };
    const run = (keepMs: number, keepNewestPer?: readonly string[]): Promise<void> =>
      new RetentionJob({
        ...{ uow, leases, clock, random: () => 0.5 },
        rules: [{ ...rule, keepMs, ...(keepNewestPer === undefined ? {} : { keepNewestPer }) }],
      }).execute();
    // Older than two and a half days: five of a, of which the newest stays; four of b, likewise.
    await run(2.5 * DAY_MS, ['pool']);
    expect(await left()).toEqual(['a 3', 'b 1']);
    await run(2.5 * DAY_MS);
    expect(await left()).toEqual(['a 2']);
  });
});
