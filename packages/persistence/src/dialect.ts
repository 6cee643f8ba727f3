/** The few expressions that differ between the servers. Nothing outside this package needs them. */
export interface Dialect {
  readonly kind: 'mysql' | 'sqlite';
  /** Present time of the database itself, comparable with an instant column. */
  readonly now: string;
  /** The same, `durationMs` later. */
  readonly after: (durationMs: number) => string;
  /** Appended to a SELECT so that nobody changes its rows before this transaction ends. */
  readonly forUpdate: string;
  readonly forShare: string;
  /** Appended to a table's name so that its rows are found by this index, however many they are. */
  readonly byIndex: (name: string) => string;
}

export const MYSQL: Dialect = {
  kind: 'mysql',
  now: 'UTC_TIMESTAMP(3)',
  after: (durationMs) => `(UTC_TIMESTAMP(3) + INTERVAL ${String(Math.round(durationMs) * 1000)} MICROSECOND)`,
  forUpdate: ' FOR UPDATE',
  forShare: ' LOCK IN SHARE MODE',
  byIndex: (name) => ` FORCE INDEX (${name})`,
};

/** One connection, one transaction at a time: locks are not needed and not known. */
export const SQLITE: Dialect = {
  kind: 'sqlite',
  now: "strftime('%Y-%m-%d %H:%M:%f','now')",
  after: (durationMs) =>
    `strftime('%Y-%m-%d %H:%M:%f','now','${(Math.round(durationMs) / 1000).toFixed(3)} seconds')`,
  forUpdate: '',
  forShare: '',
  byIndex: (name) => ` INDEXED BY ${name}`,
};
