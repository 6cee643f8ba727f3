import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { databaseDialects, testDatabase, type TestDatabase } from '@spotopt/testkit';
import {
  changeRows,
  column,
  createTable,
  deleteInChunks,
  dropTable,
  selectRows,
  type ChunkedDelete,
} from './index.js';

class CreateReadings implements MigrationInterface {
  readonly name = 'CreateReadings1763700000000';

  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, {
      name: 'reading',
      columns: [
        column.string('sensor', 64, { primary: true }),
        column.instant('read_at', { primary: true }),
        column.string('quality', 16),
      ],
      indexes: [{ columns: ['read_at'] }],
    });
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTable(runner, 'reading');
  }
}

const START_MS = Date.parse('2026-11-01T00:00:00.123Z');
const READINGS = 25;

describe.each(databaseDialects())('deleting in chunks on %s', (dialect) => {
  let place: TestDatabase;
  let transactions: number;

  beforeAll(async () => {
    place = await testDatabase(dialect, { service: 'readings', entities: [], migrations: [CreateReadings] });
    place.database.onCommit(() => (transactions += 1));
  });
  afterAll(() => place.cleanUp());

  beforeEach(async () => {
    await place.database.uow.run(async (tx) => {
      await changeRows(tx, 'DELETE FROM reading');
      for (let minute = 0; minute < READINGS; minute += 1) {
        const quality = minute % 5 === 0 ? 'kept' : 'normal';
        await changeRows(tx, 'INSERT INTO reading (sensor, read_at, quality) VALUES (?, ?, ?)', [
          `s${String(minute % 2)}`,
          at(minute),
          quality,
        ]);
      }
    });
    transactions = 0;
  });

  function at(minute: number): Date {
    return new Date(START_MS + minute * 60_000);
  }

  function old(more: Partial<ChunkedDelete> = {}): ChunkedDelete {
    return { table: 'reading', keys: ['sensor', 'read_at'], timeColumn: 'read_at', before: at(20), ...more };
  }

  async function left(): Promise<number> {
    const rows = await place.database.uow.read((tx) =>
      selectRows<{ amount: number | string }>(tx, 'SELECT COUNT(*) AS amount FROM reading'),
    );
    return Number(rows[0]?.amount);
  }

  it('takes what is older, a transaction per chunk, and leaves the rest', async () => {
    expect(await deleteInChunks(place.database.uow, old({ chunk: 8 }))).toBe(20);
    expect(transactions).toBe(3);
    expect(await left()).toBe(5);
    expect(await deleteInChunks(place.database.uow, old())).toBe(0);
  });

  it('respects a further condition with values', async () => {
    const request = old({ where: 'quality = ? OR quality = ?', parameters: ['normal', 'poor'], chunk: 3 });
    expect(await deleteInChunks(place.database.uow, request)).toBe(16);
    expect(await left()).toBe(9);
  });

  it('ends after the chunk in which it is told to, and goes on the next time', async () => {
    const abort = new AbortController();
    const end = place.database.onCommit(() => {
      abort.abort();
    });
    expect(await deleteInChunks(place.database.uow, old({ chunk: 6, signal: abort.signal }))).toBe(6);
    end();
    expect(await deleteInChunks(place.database.uow, old({ chunk: 6 }))).toBe(14);
  });
});
