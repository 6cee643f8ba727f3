/** Structured log; pino and the platform's logger satisfy it. */
export interface AgentLogger {
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

type Level = 'debug' | 'info' | 'warn' | 'error';
const LEVELS: readonly Level[] = ['debug', 'info', 'warn', 'error'];

function plain(value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  return { message: value.message, ...('code' in value ? { code: value.code } : {}) };
}

/** One JSON object per line; small, because the agent shares its machine with the workload. */
export class JsonLinesLogger implements AgentLogger {
  readonly #from: number;

  constructor(
    level: Level,
    private readonly nowMs: () => number,
    private readonly write: (line: string) => void,
  ) {
    this.#from = LEVELS.indexOf(level);
  }

  debug(fields: Readonly<Record<string, unknown>>, message: string): void {
    this.#log('debug', fields, message);
  }

  info(fields: Readonly<Record<string, unknown>>, message: string): void {
    this.#log('info', fields, message);
  }

  warn(fields: Readonly<Record<string, unknown>>, message: string): void {
    this.#log('warn', fields, message);
  }

  error(fields: Readonly<Record<string, unknown>>, message: string): void {
    this.#log('error', fields, message);
  }

  #log(level: Level, fields: Readonly<Record<string, unknown>>, message: string): void {
    if (LEVELS.indexOf(level) < this.#from) return;
    const safe = Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, plain(value)]));
    this.write(
      `${JSON.stringify({ level, time: new Date(this.nowMs()).toISOString(), message, ...safe })}\n`,
    );
  }
}
