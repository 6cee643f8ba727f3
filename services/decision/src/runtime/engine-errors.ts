import { AppError } from '@spotopt/kernel';
import type { EngineFailure } from './engine-failure.js';

/** An engine that fails may do better with the next observation, in a new process: never permanent. */
export function engineError(
  failure: EngineFailure,
  details: Readonly<Record<string, unknown>> = {},
  retryAfterMs = 0,
): AppError {
  const { code, message, limit, reason } = failure;
  return AppError.transient(code, message, { retryAfterMs, details: { limit, reason, ...details } });
}

/** The file itself is not wanted: sending it again changes nothing. */
export function refusal({ code, message, limit, reason }: EngineFailure): AppError {
  return AppError.permanent('engine-refused', message, { details: { reason: reason ?? code, limit } });
}
