/**
 * How a failure may be answered.
 * - `transient`: the same call may succeed later; retry with back-off.
 * - `permanent`: the same call will fail again; tell the caller, do not retry.
 * - `bug`: the program is wrong; report it, do not retry.
 */
export type ErrorKind = 'transient' | 'permanent' | 'bug';

export interface AppErrorOptions {
  readonly retryAfterMs?: number;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/**
 * The one error type that crosses a layer. Thrown by the layer that knows what went wrong;
 * compared by `code`, never by `instanceof`, because two copies of a package may be loaded.
 */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: string;
  readonly kind: ErrorKind;
  readonly retryAfterMs: number | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: string, kind: ErrorKind, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.kind = kind;
    this.retryAfterMs = options.retryAfterMs;
    this.details = options.details ?? {};
  }

  static transient(code: string, message: string, options?: AppErrorOptions): AppError {
    return new AppError(code, 'transient', message, options);
  }

  static permanent(code: string, message: string, options?: AppErrorOptions): AppError {
    return new AppError(code, 'permanent', message, options);
  }

  static bug(code: string, message: string, options?: AppErrorOptions): AppError {
    return new AppError(code, 'bug', message, options);
  }
}

export function isAppError(error: unknown): error is AppError {
  return (
    error instanceof Error && error.name === 'AppError' && 'code' in error && typeof error.code === 'string'
  );
}

/** Anything thrown, as an `AppError`; what nobody classified is a bug. */
export function toAppError(error: unknown): AppError {
  if (isAppError(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  return AppError.bug('unexpected', message, { cause: error });
}

export function hasCode(error: unknown, code: string): boolean {
  return isAppError(error) && error.code === code;
}

/** For the `default` branch of a switch that must be exhaustive. */
export function assertNever(value: never): never {
  throw AppError.bug('unreachable', `unexpected value ${JSON.stringify(value)}`);
}
