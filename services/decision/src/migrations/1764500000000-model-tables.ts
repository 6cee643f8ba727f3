import { column, createTable, dropTable } from '@spotopt/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = [
  {
    name: 'model_session',
    columns: [
      column.id('session_id', { primary: true }),
      column.string('session_type', 32),
      column.string('state', 16),
      column.string('kind', 16, { nullable: true }),
      column.string('name', 128, { nullable: true }),
      column.string('engine_version', 64, { nullable: true }),
      column.string('sha256', 64, { nullable: true }),
      column.json('details'),
      column.json('declared'),
      column.json('files'),
      column.string('files_state', 16),
      column.text('reason', { nullable: true }),
      column.string('uploaded_by', 128),
      column.instant('created_at'),
      column.instant('uploaded_at', { nullable: true }),
      column.instant('activated_at', { nullable: true }),
      column.int('version'),
    ],
    indexes: [
      { columns: ['state', 'created_at'] },
      { columns: ['files_state', 'state'] },
      { columns: ['created_at'] },
    ],
  },
  {
    name: 'model_part',
    columns: [
      column.id('session_id', { primary: true }),
      column.int('file_number', { primary: true }),
      column.int('part_number', { primary: true }),
      column.blob('content'),
      column.string('sha256', 64),
    ],
  },
  {
    // The primary key is what allows one live engine and one fallback, and no more.
    name: 'engine_slot',
    columns: [
      column.string('slot', 16, { primary: true }),
      column.id('engine_id'),
      column.string('kind', 16),
      column.string('name', 128),
      column.string('engine_version', 64),
      column.string('sha256', 64, { nullable: true }),
      column.instant('since'),
      column.text('failure', { nullable: true }),
      column.int('version'),
    ],
  },
  {
    name: 'shadow_engine',
    columns: [
      column.id('engine_id', { primary: true }),
      column.string('kind', 16),
      column.string('name', 128),
      column.string('engine_version', 64),
      column.string('sha256', 64, { nullable: true }),
      column.instant('since'),
    ],
  },
];

export class ModelTables implements MigrationInterface {
  readonly name = 'ModelTables1764500000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await createTable(runner, table);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await dropTable(runner, table.name);
  }
}
