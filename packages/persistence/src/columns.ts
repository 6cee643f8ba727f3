import type { ColumnOptions, TableColumnOptions, ValueTransformer } from 'typeorm';

/** Longest id that is stored: ULIDs, AWS ids, pool ids, names of agents. */
const ID_LENGTH = 64;
const MONEY = { precision: 14, scale: 6 };

interface Nullable {
  readonly nullable?: boolean;
}

const asNumber: ValueTransformer = {
  to: (value: unknown) => value,
  from: (value: unknown) => (value === null || value === undefined ? value : Number(value)),
};

const asMoney: ValueTransformer = {
  to: (value: unknown) => (typeof value === 'number' ? value.toFixed(MONEY.scale) : value),
  from: asNumber.from.bind(asNumber),
};

const asJson: ValueTransformer = {
  to: (value: unknown) => (value === null || value === undefined ? value : JSON.stringify(value)),
  from: (value: unknown) => (typeof value === 'string' ? (JSON.parse(value) as unknown) : value),
};

const asBuffer: ValueTransformer = {
  to: (value: unknown) => value,
  from: (value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value,
};

// --- For decorators: @Column(idColumn()) agentId!: string

/** What may also be a primary key. */
type KeyOptions = ColumnOptions & { nullable?: false };

export function idColumn(options?: KeyOptions): KeyOptions;
export function idColumn(options: ColumnOptions): ColumnOptions;
export function idColumn(options: ColumnOptions = {}): ColumnOptions {
  return { type: 'varchar', length: ID_LENGTH, ...options };
}

export function stringColumn(length?: number, options?: KeyOptions): KeyOptions;
export function stringColumn(length: number, options: ColumnOptions): ColumnOptions;
export function stringColumn(length = 255, options: ColumnOptions = {}): ColumnOptions {
  return { type: 'varchar', length, ...options };
}

/** Text of any length; cannot be part of an index. */
export function textColumn(options: ColumnOptions = {}): ColumnOptions {
  return { type: 'text', ...options };
}

export function intColumn(options?: KeyOptions): KeyOptions;
export function intColumn(options: ColumnOptions): ColumnOptions;
export function intColumn(options: ColumnOptions = {}): ColumnOptions {
  return { type: 'int', ...options };
}

/** Whole numbers up to 2^53, as numbers. */
export function bigintColumn(options?: KeyOptions): KeyOptions;
export function bigintColumn(options: ColumnOptions): ColumnOptions;
export function bigintColumn(options: ColumnOptions = {}): ColumnOptions {
  return { type: 'bigint', transformer: asNumber, ...options };
}

export function doubleColumn(options: ColumnOptions = {}): ColumnOptions {
  return { type: 'double', ...options };
}

export function boolColumn(options: ColumnOptions = {}): ColumnOptions {
  return { type: 'boolean', ...options };
}

/** A `Date` in UTC with milliseconds on every server. */
export function instantColumn(options?: KeyOptions): KeyOptions;
export function instantColumn(options: ColumnOptions): ColumnOptions;
export function instantColumn(options: ColumnOptions = {}): ColumnOptions {
  return { type: 'datetime', precision: 3, ...options };
}

/** A number in memory, DECIMAL(14,6) at rest. */
export function moneyColumn(options: ColumnOptions = {}): ColumnOptions {
  return { type: 'decimal', ...MONEY, transformer: asMoney, ...options };
}

/** Any JSON value, kept as the text that `JSON.stringify` made of it. */
export function jsonColumn(options: ColumnOptions = {}): ColumnOptions {
  return { type: 'text', transformer: asJson, ...options };
}

/** A `Buffer`. */
export function blobColumn(options: ColumnOptions = {}): ColumnOptions {
  return { type: 'blob', transformer: asBuffer, ...options };
}

/** An instant as a raw query returns it (a `Date` on MySQL, text on SQLite). */
export function instantOf(raw: unknown): Date {
  if (raw instanceof Date) return raw;
  return new Date(`${String(raw).replace(' ', 'T')}Z`);
}

// --- For migrations: column.id('agent_id')

interface MigrationColumnOptions extends Nullable {
  readonly primary?: boolean;
  /** Literal SQL, for example `0` or `'idle'`. */
  readonly default?: string | number;
}

function spec(name: string, type: string, options: MigrationColumnOptions): TableColumnOptions {
  return {
    name,
    type,
    isNullable: options.nullable ?? false,
    isPrimary: options.primary ?? false,
    ...(options.default === undefined ? {} : { default: options.default }),
  };
}

/** Columns of migrations; each fits the decorator of the same name. */
export const column = {
  id: (name: string, options: MigrationColumnOptions = {}): TableColumnOptions => ({
    ...spec(name, 'varchar', options),
    length: String(ID_LENGTH),
  }),
  string: (name: string, length = 255, options: MigrationColumnOptions = {}): TableColumnOptions => ({
    ...spec(name, 'varchar', options),
    length: String(length),
  }),
  text: (name: string, options: MigrationColumnOptions = {}): TableColumnOptions =>
    spec(name, 'longtext', options),
  json: (name: string, options: MigrationColumnOptions = {}): TableColumnOptions =>
    spec(name, 'longtext', options),
  blob: (name: string, options: MigrationColumnOptions = {}): TableColumnOptions =>
    spec(name, 'longblob', options),
  int: (name: string, options: MigrationColumnOptions = {}): TableColumnOptions => spec(name, 'int', options),
  bigint: (name: string, options: MigrationColumnOptions = {}): TableColumnOptions =>
    spec(name, 'bigint', options),
  double: (name: string, options: MigrationColumnOptions = {}): TableColumnOptions =>
    spec(name, 'double', options),
  bool: (name: string, options: MigrationColumnOptions = {}): TableColumnOptions =>
    spec(name, 'boolean', options),
  instant: (name: string, options: MigrationColumnOptions = {}): TableColumnOptions => ({
    ...spec(name, 'datetime', options),
    precision: 3,
  }),
  money: (name: string, options: MigrationColumnOptions = {}): TableColumnOptions => ({
    ...spec(name, 'decimal', options),
    ...MONEY,
  }),
  /** Primary key that the database counts up in the order of insertion. */
  sequence: (name: string): TableColumnOptions => ({
    ...spec(name, 'bigint', { primary: true }),
    isGenerated: true,
    generationStrategy: 'increment',
  }),
  /**
   * Text of an id's length computed from other columns, for a unique index: NULL never collides. The
   * entity does not mention it.
   */
  generated: (name: string, expression: string): TableColumnOptions => ({
    ...spec(name, 'varchar', { nullable: true }),
    length: String(ID_LENGTH),
    asExpression: expression,
    generatedType: 'VIRTUAL',
  }),
};
