import { AppError, isAppError } from '@spotopt/kernel';

const MYSQL_DUPLICATE_ENTRY = 1062;
const MYSQL_CONFLICTS = new Set([1205, 1213]);
/** Too many connections, shutting down, killed, gone, read-only after a fail-over. */
const MYSQL_UNAVAILABLE = new Set([1040, 1053, 1077, 1158, 1159, 1160, 1161, 1203, 1290, 1836, 1927, 4031]);
const NETWORK_CODES = new Set([
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_SEQUENCE_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'ETIMEDOUT',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'POOL_CLOSED',
]);
const SQLITE_DUPLICATES = new Set([1555, 2067]);
/** Primary result codes busy, locked, I/O error, full, cannot open. */
const SQLITE_UNAVAILABLE = new Set([5, 6, 10, 13, 14]);

interface DriverError {
  readonly code?: unknown;
  readonly errno?: unknown;
  readonly errcode?: unknown;
  readonly fatal?: unknown;
  readonly message?: unknown;
}

function driverErrorOf(error: unknown): DriverError {
  if (typeof error !== 'object' || error === null) return {};
  const inner: unknown = Reflect.get(error, 'driverError');
  return typeof inner === 'object' && inner !== null ? inner : error;
}

function has(codes: ReadonlySet<unknown>, value: unknown): boolean {
  return value !== undefined && codes.has(value);
}

/** A row with the same primary or unique key exists; the transaction goes on. */
export function isDuplicateKey(error: unknown): boolean {
  const { errno, errcode } = driverErrorOf(error);
  return errno === MYSQL_DUPLICATE_ENTRY || has(SQLITE_DUPLICATES, errcode);
}

/**
 * Deadlock or lock time-out: the server has given up (part of) the transaction, run it again. So has a store
 * whose guarded update found another version than it had read (`version-conflict`).
 */
export function isConflict(error: unknown): boolean {
  if (isAppError(error)) return error.code === 'version-conflict';
  return has(MYSQL_CONFLICTS, driverErrorOf(error).errno);
}

/** The server cannot be reached or cannot work just now; whether the statement was done is unknown. */
export function isUnavailable(error: unknown): boolean {
  const { code, errno, errcode, fatal, message } = driverErrorOf(error);
  if (has(NETWORK_CODES, code) || has(MYSQL_UNAVAILABLE, errno)) return true;
  if (typeof errcode === 'number') return SQLITE_UNAVAILABLE.has(errcode & 0xff);
  if (typeof message === 'string' && /closed state|Pool is closed|Connection lost/.test(message)) return true;
  return fatal === true && errno === undefined;
}

/** Failures of the database as `AppError`s; everything else (domain errors, duplicate keys) as it came. */
export function toDatabaseError(error: unknown, details: Readonly<Record<string, unknown>> = {}): unknown {
  if (isAppError(error)) return error;
  if (isConflict(error)) {
    return AppError.transient('database-conflict', 'the transaction met a deadlock on every attempt', {
      cause: error,
      details,
    });
  }
  if (isUnavailable(error)) {
    return AppError.transient('database-unavailable', `the database is not available: ${text(error)}`, {
      cause: error,
      details,
    });
  }
  return error;
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
