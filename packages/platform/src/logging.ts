import type { LoggerService } from '@nestjs/common';
import { pino } from 'pino';
import type { Logger as PinoLogger } from 'pino';
import { currentCorrelationId } from './correlation.js';
import { redactValue } from './redact.js';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * Structured log. Fields named like a secret and credentials inside URLs are hidden; an `Error` under any
 * key is written with its code and cause, at level `error` also with the stack of a bug.
 */
export abstract class Logger {
  abstract debug(fields: LogFields, message: string): void;
  abstract info(fields: LogFields, message: string): void;
  abstract warn(fields: LogFields, message: string): void;
  abstract error(fields: LogFields, message: string): void;
  /** A logger whose every line also has `fields`. */
  abstract child(fields: LogFields): Logger;
}

export interface LoggerSettings {
  readonly service: string;
  /** @default 'info' */
  readonly level?: LogLevel;
  /** @default standard output */
  readonly destination?: NodeJS.WritableStream;
}

class PinoBackedLogger extends Logger {
  /** @param bound fields of every line; kept here because pino would write a name twice that is bound twice */
  constructor(
    private readonly pinoLogger: PinoLogger,
    private readonly bound: object,
  ) {
    super();
  }

  override debug(fields: LogFields, message: string): void {
    this.#write('debug', fields, message);
  }

  override info(fields: LogFields, message: string): void {
    this.#write('info', fields, message);
  }

  override warn(fields: LogFields, message: string): void {
    this.#write('warn', fields, message);
  }

  override error(fields: LogFields, message: string): void {
    this.#write('error', fields, message);
  }

  override child(fields: LogFields): Logger {
    return new PinoBackedLogger(this.pinoLogger, { ...this.bound, ...toSafe(fields, false) });
  }

  #write(level: 'debug' | 'info' | 'warn' | 'error', fields: LogFields, message: string): void {
    if (!this.pinoLogger.isLevelEnabled(level)) return;
    this.pinoLogger[level]({ ...this.bound, ...toSafe(fields, level === 'error') }, message);
  }
}

function toSafe(fields: LogFields, stacks: boolean): object {
  const safe = redactValue(fields, { stacks });
  return typeof safe === 'object' && safe !== null ? safe : { value: safe };
}

/** One JSON object per line: `time`, `level`, `service`, `message`, `correlationId` when bound, then the fields. */
export function createLogger(settings: LoggerSettings): Logger {
  const options = {
    level: settings.level ?? 'info',
    base: null,
    messageKey: 'message',
    timestamp: pino.stdTimeFunctions.isoTime,
    // Errors are spelt out before they come here.
    serializers: { err: (error: unknown) => error },
    formatters: { level: (label: string) => ({ level: label }) },
    mixin: () => {
      const correlationId = currentCorrelationId();
      return correlationId === undefined ? {} : { correlationId };
    },
  };
  const root = settings.destination === undefined ? pino(options) : pino(options, settings.destination);
  return new PinoBackedLogger(root, { service: settings.service });
}

class SilentLogger extends Logger {
  override debug(): void {
    // A silent logger drops every line.
  }

  override info(): void {
    // A silent logger drops every line.
  }

  override warn(): void {
    // A silent logger drops every line.
  }

  override error(): void {
    // A silent logger drops every line.
  }

  override child(): Logger {
    return this;
  }
}

/** For tests and for programs that must not write anything. */
export function silentLogger(): Logger {
  return new SilentLogger();
}

function textOf(message: unknown): string {
  return typeof message === 'string' ? message : (JSON.stringify(message) ?? String(message));
}

/** Lets Nest write through our logger; its start-up chatter is `debug`. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.logger.debug({ nest: rest.at(-1) }, textOf(message));
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.logger.debug({ nest: rest.at(-1) }, textOf(message));
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.logger.debug({ nest: rest.at(-1) }, textOf(message));
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.logger.warn({ nest: rest.at(-1) }, textOf(message));
  }

  error(message: unknown, ...rest: unknown[]): void {
    // What the application object reports it also throws, and whoever started it says it better.
    if (rest.at(-1) === 'NestApplication') {
      this.debug(message, ...rest);
      return;
    }
    const error = message instanceof Error ? message : undefined;
    this.logger.error(
      { nest: rest, ...(error === undefined ? {} : { error }) },
      error?.message ?? textOf(message),
    );
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.error(message, ...rest);
  }
}
