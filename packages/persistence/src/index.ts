export {
  bigintColumn,
  blobColumn,
  boolColumn,
  column,
  doubleColumn,
  idColumn,
  instantColumn,
  instantOf,
  intColumn,
  jsonColumn,
  moneyColumn,
  stringColumn,
  textColumn,
} from './columns.js';
export { isDuplicateKey } from './database-errors.js';
export { describeTarget, parseDatabaseUrl } from './database-url.js';
export type { DatabaseTarget } from './database-url.js';
export { Database } from './database.js';
export type { Retention } from './database.js';
export { deleteInChunks } from './delete-in-chunks.js';
export type { ChunkedDelete } from './delete-in-chunks.js';
export { Attempts } from './inbox.js';
export { indexMigration } from './index-migration.js';
export { LeasedJob } from './leased-job.js';
export type { LeasedJobSettings } from './leased-job.js';
export { LeasedTask } from './leased-task.js';
export type { LeasedRun, LeasedTaskSettings } from './leased-task.js';
export { Lease, Leases } from './leases.js';
export { openDatabase } from './open-database.js';
export { QueuedRow, QueuedRows } from './queued-rows.js';
export type { QueuedTable } from './queued-rows.js';
export type { EntityClass, MigrationClass, OpenDatabaseOptions, PersistenceLogger } from './open-database.js';
export { OutboxRelay } from './outbox-relay.js';
export type { OutboxMessage, OutboxRelaySettings } from './outbox-relay.js';
export { PlatformTables } from './platform-tables.js';
export { addColumn, createIndex, createTable, dropIndex, dropTable } from './schema-changes.js';
export type { IndexSpec, TableSpec } from './schema-changes.js';
export { RetentionJob } from './retention.js';
export type { RetentionRule, RetentionSettings } from './retention.js';
export {
  changeRows,
  forUpdate,
  insertIfAbsent,
  insertMissing,
  insertRows,
  managerOf,
  selectRows,
  updateRows,
  withoutDuplicate,
} from './transaction.js';
export type { Commit, CommitListener } from './unit-of-work.js';
