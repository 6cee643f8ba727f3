import { column, createTable, dropTable } from '@spotopt/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const BACKTEST = {
  name: 'backtest',
  columns: [
    column.id('backtest_id', { primary: true }),
    column.id('client_id', { nullable: true }),
    column.string('state', 16),
    column.double('progress'),
    column.int('attempts'),
    column.json('request'),
    /** An imported price file, packed; gone once it was played. */
    column.blob('prices', { nullable: true }),
    column.bool('imported'),
    column.instant('created_at'),
    column.instant('started_at', { nullable: true }),
    column.instant('finished_at', { nullable: true }),
    column.json('result', { nullable: true }),
    column.text('error', { nullable: true }),
  ],
  indexes: [
    { columns: ['state', 'created_at'] },
    { columns: ['client_id', 'created_at'] },
    { columns: ['created_at'] },
  ],
};

/** Locked while a tenant's open backtests are counted. */
const QUEUE = { name: 'backtest_queue', columns: [column.id('client_id', { primary: true })] };

export class Backtests implements MigrationInterface {
  readonly name = 'Backtests1764600000000';

  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, BACKTEST);
    await createTable(runner, QUEUE);
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTable(runner, QUEUE.name);
    await dropTable(runner, BACKTEST.name);
  }
}
