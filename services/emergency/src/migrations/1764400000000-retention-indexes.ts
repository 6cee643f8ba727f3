import { indexMigration } from '@spotopt/persistence';

/** Old rows are found by their time. */
export const RetentionIndexes = indexMigration('RetentionIndexes1764400000000', [
  { table: 'incident_signal', column: 'received_at' },
  { table: 'incident', column: 'closed_at' },
]);
