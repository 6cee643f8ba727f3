import { isAppError } from '@spotopt/kernel';

const REDACTED = '[redacted]';
const MAX_DEPTH = 6;
const SECRET_KEY =
  /pass(word|wd|phrase)?$|secret|token$|authorization|api_?key|cookie|private_?key|credential/i;
const URL_CREDENTIALS = /([a-z][a-z0-9+.-]*:\/\/)([^/\s:@]*):([^/\s@]*)@/gi;

/** Hides the user and password inside every connection URL of `text`. */
export function hideUrlCredentials(text: string): string {
  return text.replace(URL_CREDENTIALS, `$1${REDACTED}@`);
}

/** The outside world failed in a known way: where in our code that was noticed says nothing. */
function isExplained(error: Error): boolean {
  return isAppError(error) ? error.kind !== 'bug' : 'syscall' in error;
}

function redactError(error: Error, depth: number): Record<string, unknown> {
  return {
    name: error.name,
    message: hideUrlCredentials(error.message),
    ...(isAppError(error) ? { code: error.code, kind: error.kind } : {}),
    ...(isAppError(error) && Object.keys(error.details).length > 0
      ? { details: redactValue(error.details, depth + 1) }
      : {}),
    ...(isExplained(error) ? {} : { stack: hideUrlCredentials(error.stack ?? '') }),
    ...(error.cause === undefined ? {} : { cause: redactValue(error.cause, depth + 1) }),
  };
}

function redactObject(value: object, depth: number): unknown {
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Error) return redactError(value, depth);
  if (depth >= MAX_DEPTH) return '[deep]';
  if (Array.isArray(value)) return value.map((item: unknown) => redactValue(item, depth + 1));
  const plain: [string, unknown][] = Object.entries(value);
  return Object.fromEntries(
    plain.map(([key, item]) => [
      key,
      SECRET_KEY.test(key) && item !== null && item !== undefined ? REDACTED : redactValue(item, depth + 1),
    ]),
  );
}

/** A copy of `value` that is safe to write to a log: no secrets, no credentials in URLs, errors spelt out. */
export function redactValue(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return hideUrlCredentials(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'object' && value !== null) return redactObject(value, depth);
  return value;
}
