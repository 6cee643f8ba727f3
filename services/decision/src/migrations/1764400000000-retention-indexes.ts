import { createIndex, dropIndex } from '@spotopt/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const INDEXES = [{ table: 'pool_mark', column: 'at', name: 'ix_pool_mark_at' }];

/** Old rows are found by their time. */
export class RetentionIndexes implements MigrationInterface {
  readonly name = 'RetentionIndexes1764400000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const { table, column, name } of INDEXES)
      await createIndex(runner, table, { columns: [column], name });
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const { table, name } of INDEXES) await dropIndex(runner, table, name);
  }
}
