import { isAppError } from '@spotopt/kernel';

const REDACTED = '[redacted]';
const MAX_DEPTH = 6;
const SECRET_KEY =
  /pass(word|wd|phrase)?$|secret|token$|authorization|api_?key|cookie|private_?key|credential/i;
/** Up to the last @ before the path, because people forget to escape the one in their password. */
const URL_CREDENTIALS = /([a-z][a-z0-9+.-]*:\/\/)[^/\s:@]*:[^/\s]*@/gi;

/** Hides the user and password inside every connection URL of `text`. */
export function hideUrlCredentials(text: string): string {
  return text.replace(URL_CREDENTIALS, `$1${REDACTED}@`);
}

export interface RedactOptions {
  /** Whether errors keep their stack. @default true */
  readonly stacks?: boolean;
}

/** A copy of `value` that is safe to write to a log: no secrets, no credentials in URLs, errors spelt out. */
export function redactValue(value: unknown, options: RedactOptions = {}): unknown {
  return new Redaction(options.stacks ?? true).of(value, 0);
}

class Redaction {
  constructor(private readonly stacks: boolean) {}

  of(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return hideUrlCredentials(value);
    if (typeof value === 'bigint') return value.toString();
    if (typeof value === 'object' && value !== null) return this.#ofObject(value, depth);
    return value;
  }

  #ofObject(value: object, depth: number): unknown {
    if (value instanceof Date) return value.toISOString();
    if (depth >= MAX_DEPTH) return '[deep]';
    if (value instanceof Error) return this.#ofError(value, depth);
    if (Array.isArray(value)) return value.map((item: unknown) => this.of(item, depth + 1));
    const plain: [string, unknown][] = Object.entries(value);
    return Object.fromEntries(plain.map(([key, item]) => [key, this.#ofField(key, item, depth)]));
  }

  #ofField(key: string, item: unknown, depth: number): unknown {
    const shown = item === null || item === undefined || !SECRET_KEY.test(key);
    return shown ? this.of(item, depth + 1) : REDACTED;
  }

  #ofError(error: Error, depth: number): Record<string, unknown> {
    const app = isAppError(error) ? error : undefined;
    const details = app === undefined || Object.keys(app.details).length === 0 ? undefined : app.details;
    return {
      name: error.name,
      message: hideUrlCredentials(error.message),
      ...(app === undefined ? {} : { code: app.code, kind: app.kind }),
      ...(details === undefined ? {} : { details: this.of(details, depth + 1) }),
      ...(this.#wantsStack(error) ? { stack: hideUrlCredentials(error.stack ?? '') } : {}),
      ...(error.cause === undefined ? {} : { cause: this.of(error.cause, depth + 1) }),
    };
  }

  /** Where the outside world failed in a known way says nothing; where a bug struck says everything. */
  #wantsStack(error: Error): boolean {
    if (!this.stacks) return false;
    return isAppError(error) ? error.kind === 'bug' : !('syscall' in error);
  }
}
