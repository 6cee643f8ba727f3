export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LogEntry {
  readonly level: LogLevel;
  readonly details: object;
  readonly message: string;
}

type LogMethod = (details: object, message: string) => void;

export interface RecordingLogger extends Record<LogLevel, LogMethod> {
  readonly entries: LogEntry[];
  /** Messages of one level, in order. */
  messages(level: LogLevel): string[];
  child(bindings: object): RecordingLogger;
}

/** A logger with pino's call shape that keeps what it is told. */
export function recordingLogger(bindings: object = {}, entries: LogEntry[] = []): RecordingLogger {
  const record =
    (level: LogLevel): LogMethod =>
    (details, message) => {
      entries.push({ level, details: { ...bindings, ...details }, message });
    };
  return {
    entries,
    debug: record('debug'),
    info: record('info'),
    warn: record('warn'),
    error: record('error'),
    messages: (level) => entries.filter((entry) => entry.level === level).map((entry) => entry.message),
    child: (more) => recordingLogger({ ...bindings, ...more }, entries),
  };
}
