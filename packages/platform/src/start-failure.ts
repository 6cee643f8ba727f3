import { isAppError } from '@spotopt/kernel';
import { configProblems } from './config.js';
import { hideUrlCredentials } from './redact.js';

/** Exit codes of sysexits.h, which init systems and operators know. */
export const EXIT_FAILURE = 1;
export const EXIT_UNAVAILABLE = 69;
export const EXIT_CONFIG = 78;

const BROKER_HINT = 'start it, or correct RABBITMQ_URL';
const BY_CODE: Readonly<Record<string, { readonly exitCode: number; readonly hint?: string }>> = {
  'database-url-invalid': { exitCode: EXIT_CONFIG, hint: 'correct DATABASE_URL' },
  'failpoint-spec': { exitCode: EXIT_CONFIG },
  'database-unavailable': { exitCode: EXIT_UNAVAILABLE },
  'database-access-denied': { exitCode: EXIT_UNAVAILABLE },
  'database-schema-newer': { exitCode: EXIT_UNAVAILABLE },
  'broker-unavailable': { exitCode: EXIT_UNAVAILABLE, hint: BROKER_HINT },
  'broker-refused': { exitCode: EXIT_UNAVAILABLE, hint: BROKER_HINT },
};
const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EAI_AGAIN',
]);

export interface StartFailure {
  readonly exitCode: number;
  /** What happened and what to do, without a stack. */
  readonly message: string;
}

function textCode(error: unknown): string {
  const code: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' ? code : '';
}

function causes(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let next = error; next !== undefined && chain.length < 8;) {
    chain.push(next);
    next = next instanceof Error ? next.cause : undefined;
  }
  return chain;
}

function firstLine(error: unknown): string {
  const text =
    error instanceof Error && error.message !== '' ? error.message : textCode(error) || String(error);
  return hideUrlCredentials(text.split('\n')[0] ?? '');
}

/** The message, with that of the first cause when it says something new. */
function withReason(error: unknown): string {
  const message = firstLine(error);
  const [, cause] = causes(error);
  const reason = cause === undefined ? '' : firstLine(cause);
  return reason === '' || message.includes(reason) ? message : `${message} (${reason})`;
}

function portMessage(error: Error): string | undefined {
  const inUse = causes(error).find((cause) => ['EADDRINUSE', 'EACCES'].includes(textCode(cause)));
  if (inUse === undefined) return undefined;
  const port: unknown = Reflect.get(Object(inUse), 'port');
  const which = typeof port === 'number' ? `port ${String(port)}` : firstLine(error);
  return textCode(inUse) === 'EADDRINUSE'
    ? `${which} is in use by another program: stop that one, or set HTTP_PORT or HEALTH_PORT to a free port`
    : `${which} may not be opened by this user: set HTTP_PORT or HEALTH_PORT to one above 1023`;
}

function isUnavailable(error: unknown): boolean {
  return causes(error).some(
    (cause) => UNREACHABLE.has(textCode(cause)) || (isAppError(cause) && cause.kind === 'transient'),
  );
}

/** What to tell the operator when a service cannot start, and the exit code that says the same to a program. */
export function explainStartFailure(service: string, error: unknown): StartFailure {
  if (configProblems(error) !== undefined && error instanceof Error) {
    return { exitCode: EXIT_CONFIG, message: `${service}: ${error.message}` };
  }
  const prefix = `${service} cannot start: `;
  const port = error instanceof Error ? portMessage(error) : undefined;
  if (port !== undefined) return { exitCode: EXIT_FAILURE, message: prefix + port };
  const known = BY_CODE[textCode(error)];
  const exitCode = known?.exitCode ?? (isUnavailable(error) ? EXIT_UNAVAILABLE : EXIT_FAILURE);
  const hint = known?.hint === undefined ? '' : `: ${known.hint}`;
  return { exitCode, message: prefix + withReason(error) + hint };
}
