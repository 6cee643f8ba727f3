import { STATUS_CODES } from 'node:http';
import type { ErrorBody } from '@spotopt/contracts/http';
import type { AppError } from '@spotopt/kernel';

export interface Problem {
  readonly status: number;
  readonly body: ErrorBody;
  readonly retryAfterSeconds?: number;
}

const STATUS_BY_CODE: Readonly<Record<string, number>> = {
  'not-found': 404,
  unauthorized: 401,
  forbidden: 403,
  'rate-limited': 429,
  'body-too-large': 413,
  'unsupported-media-type': 415,
  'deadline-exceeded': 503,
};

/** Codes of other services say what they mean; what they refuse otherwise is a conflict with their state. */
const STATUS_BY_PATTERN: readonly (readonly [RegExp, number])[] = [
  [/not-found$|^unknown-|-unknown$/, 404],
  [/invalid|malformed|missing|unsupported/, 400],
  [/forbidden|denied/, 403],
];

export function statusOf(error: AppError): number {
  const known = STATUS_BY_CODE[error.code];
  if (known !== undefined) return known;
  if (error.kind === 'transient') return 503;
  if (error.kind === 'bug') return 500;
  return STATUS_BY_PATTERN.find(([pattern]) => pattern.test(error.code))?.[1] ?? 409;
}

interface ProblemParts {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly errors?: ErrorBody['errors'];
  readonly retryAfterMs?: number | undefined;
}

export function problemOf(parts: ProblemParts): Problem {
  const { status, code, message, errors, retryAfterMs } = parts;
  const waitMs = retryAfterMs ?? (status === 503 ? 1_000 : undefined);
  return {
    status,
    body: {
      error: message,
      type: `urn:spotopt:problem:${code}`,
      title: STATUS_CODES[status] ?? 'Error',
      status,
      detail: message,
      code,
      ...(errors === undefined ? {} : { errors }),
    },
    ...(waitMs === undefined ? {} : { retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)) }),
  };
}

interface FieldError {
  readonly field: string;
  readonly message: string;
}

function fieldErrors(error: AppError): FieldError[] | undefined {
  const { errors } = error.details;
  return Array.isArray(errors) ? (errors as FieldError[]) : undefined;
}

function messageFor(error: AppError, status: number): string {
  if (status === 500) return 'internal error';
  return error.code.startsWith('rpc-') ? 'a part of the system does not answer; try again' : error.message;
}

/** What a caller may know of an error: never the inside of a bug. */
export function problemOfAppError(error: AppError): Problem {
  const status = statusOf(error);
  const message = messageFor(error, status);
  const errors = fieldErrors(error);
  return problemOf({
    status,
    code: status === 500 ? 'internal-error' : error.code,
    message,
    ...(errors === undefined ? {} : { errors }),
    retryAfterMs: error.retryAfterMs,
  });
}
