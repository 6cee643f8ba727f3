import { column, createTable, dropTable, type TableSpec } from '@spotopt/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES: TableSpec[] = [
  {
    name: 'training_set',
    columns: [
      column.id('set_id', { primary: true }),
      column.id('name'),
      column.int('version'),
      column.string('state', 16),
      column.string('format', 16),
      column.instant('from_at'),
      column.instant('until_at'),
      column.string('region', 64, { nullable: true }),
      column.json('instance_types', { nullable: true }),
      column.json('pools'),
      column.int('columns_version'),
      column.instant('as_of'),
      column.instant('created_at'),
      column.instant('finished_at', { nullable: true }),
      column.double('progress'),
      column.int('row_count'),
      column.int('rows_left_out'),
      column.bigint('byte_count'),
      column.string('sha256', 64, { nullable: true }),
      column.instant('file_until', { nullable: true }),
      column.bool('reproduced', { nullable: true }),
      column.text('error', { nullable: true }),
      column.int('attempts'),
      column.int('revision'),
    ],
    indexes: [{ columns: ['name', 'version'], unique: true }, { columns: ['state', 'created_at'] }],
  },
  {
    name: 'training_set_piece',
    columns: [
      column.id('set_id', { primary: true }),
      column.int('number', { primary: true }),
      column.blob('body'),
      column.instant('made_at'),
    ],
    indexes: [{ columns: ['made_at'] }],
  },
  {
    name: 'hazard_prior_fit',
    columns: [
      column.id('fit_id', { primary: true }),
      column.string('state', 16),
      column.instant('from_at'),
      column.instant('until_at'),
      column.string('region', 64, { nullable: true }),
      column.json('instance_types', { nullable: true }),
      column.json('pools'),
      column.instant('created_at'),
      column.instant('finished_at', { nullable: true }),
      column.double('progress'),
      column.json('priors', { nullable: true }),
      column.text('error', { nullable: true }),
      column.int('attempts'),
      column.int('revision'),
    ],
    indexes: [{ columns: ['state', 'created_at'] }],
  },
  {
    name: 'hazard_prior_choice',
    columns: [
      column.id('name', { primary: true }),
      column.id('fit_id', { nullable: true }),
      column.instant('chosen_at'),
    ],
  },
];

export class TrainingTables implements MigrationInterface {
  readonly name = 'TrainingTables1764800000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await createTable(runner, table);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await dropTable(runner, table.name);
  }
}
