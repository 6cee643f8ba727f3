import { indexMigration } from '@spotopt/persistence';

/** Old rows are found by their time. */
export const RetentionIndexes = indexMigration('RetentionIndexes1764400000000', [
  { table: 'switch_step', column: 'started_at' },
  { table: 'switch', column: 'started_at' },
]);
