import { createIndex, dropIndex } from '@spotopt/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const INDEXES = [
  { table: 'incident_signal', column: 'received_at', name: 'ix_incident_signal_received_at' },
  { table: 'incident', column: 'closed_at', name: 'ix_incident_closed_at' },
];

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
