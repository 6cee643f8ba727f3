import { indexMigration } from '@spotopt/persistence';

/** Old rows are found by their time. */
export const RetentionIndexes = indexMigration('RetentionIndexes1764400000000', [
  { table: 'pool_mark', column: 'at' },
]);
