import { column, createTable, dropTable } from '@spotopt/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = [
  {
    name: 'series_price',
    columns: [
      column.id('pool_id', { primary: true }),
      column.instant('bucket_at', { primary: true }),
      column.money('usd_per_hour'),
      column.string('source', 32),
      column.double('confidence'),
      column.json('fill', { nullable: true }),
      column.string('other_source', 32, { nullable: true }),
      column.money('other_usd_per_hour', { nullable: true }),
      column.double('difference_percent', { nullable: true }),
    ],
    indexes: [{ columns: ['bucket_at', 'source'] }],
  },
  {
    name: 'series_stale',
    columns: [
      column.instant('from_at', { primary: true }),
      column.id('pool_id', { primary: true }),
      column.instant('until_at', { primary: true }),
    ],
  },
  {
    name: 'canonical_price',
    columns: [
      column.id('pool_id', { primary: true }),
      column.instant('bucket_at', { primary: true }),
      column.money('usd_per_hour'),
      column.money('on_demand_usd_per_hour', { nullable: true }),
      column.string('source', 32),
      column.string('method', 32, { nullable: true }),
      column.double('confidence'),
      column.double('volatility', { nullable: true }),
      column.int('running_instances'),
      column.string('notice_status', 16),
      column.string('termination_reason', 255, { nullable: true }),
      column.bool('interruption_occurred'),
    ],
    indexes: [{ columns: ['bucket_at'] }],
  },
  {
    name: 'price_alert',
    columns: [
      column.id('id', { primary: true }),
      column.id('client_id'),
      column.id('pool_id'),
      column.money('threshold_usd_per_hour'),
      column.instant('created_at'),
      column.instant('last_fired_at', { nullable: true }),
      column.bool('armed'),
    ],
    indexes: [{ columns: ['pool_id'] }, { columns: ['client_id'] }],
  },
  {
    name: 'consolidation_job',
    columns: [
      column.id('id', { primary: true }),
      column.string('type', 16),
      column.string('status', 16),
      column.instant('started_at'),
      column.instant('completed_at', { nullable: true }),
      column.string('cursor_phase', 16, { nullable: true }),
      column.id('cursor_pool_id', { nullable: true }),
      column.int('pools_done'),
      column.int('pools_total'),
      column.bigint('rows_read'),
      column.bigint('duplicates_removed'),
      column.bigint('gaps_filled'),
      column.bigint('backfills_added'),
      column.bigint('rows_changed'),
      column.text('error', { nullable: true }),
      column.generated('running_guard', "CASE WHEN status = 'running' THEN type END"),
    ],
    indexes: [
      { columns: ['running_guard'], unique: true },
      { columns: ['type', 'started_at'] },
      { columns: ['started_at'] },
    ],
  },
];

export class SeriesTables implements MigrationInterface {
  readonly name = 'SeriesTables1764100000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await createTable(runner, table);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await dropTable(runner, table.name);
  }
}
