import { column, createTable, dropTable, type TableSpec } from '@spotopt/persistence';
import type { MigrationInterface, QueryRunner, TableColumnOptions } from 'typeorm';

const SCORE: TableColumnOptions[] = [
  column.double('score'),
  column.string('label', 16),
  column.double('part_interruptions'),
  column.double('part_volatility'),
  column.double('part_age'),
  column.double('part_trend'),
  column.double('confidence'),
  column.double('loss_per_hour', { nullable: true }),
  column.string('cause', 32),
  column.instant('scored_at'),
];

const TABLES: TableSpec[] = [
  {
    name: 'pool_risk',
    columns: [
      column.id('pool_id', { primary: true }),
      column.string('region', 64),
      column.string('az', 64),
      column.string('instance_type', 64),
      ...SCORE,
      column.instant('watched_since'),
      column.instant('recorded_at'),
      column.double('told_score', { nullable: true }),
      column.string('told_label', 16, { nullable: true }),
      column.int('version'),
    ],
    indexes: [{ columns: ['region', 'instance_type'] }],
  },
  {
    name: 'pool_risk_history',
    columns: [column.id('pool_id', { primary: true }), column.int('version', { primary: true }), ...SCORE],
    indexes: [{ columns: ['pool_id', 'scored_at'] }, { columns: ['scored_at'] }],
  },
];

export class PoolRiskTables implements MigrationInterface {
  readonly name = 'PoolRiskTables1764700000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await createTable(runner, table);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await dropTable(runner, table.name);
  }
}
