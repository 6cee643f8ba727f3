import type { Bound } from './bound.js';
import type { Figure } from './figure.js';

export interface BenchContext {
  /** Folder with recorded prices. */
  readonly dataDir: string;
  /** Aborted when somebody wants the command to end: a bench then removes what it made and throws. */
  readonly signal: AbortSignal;
  /** A line about what is going on. */
  readonly tell: (line: string) => void;
  readonly report: (figure: Figure) => void;
  /** Names a program that the following figures depend on. */
  readonly uses: (program: string, version: string) => void;
}

export type RunBench = (context: BenchContext) => Promise<void>;

export interface Bench {
  readonly name: string;
  readonly summary: string;
  /** MySQL or MariaDB, RabbitMQ and Redis. */
  readonly needsServers: boolean;
  readonly bounds: readonly Bound[];
  /** Loaded when it is run: `--help` needs none of it. */
  readonly load: () => Promise<RunBench>;
}

/** Ends the command with this code and the message alone: something outside the benches is not as needed. */
export class BenchRefused extends Error {
  constructor(
    message: string,
    readonly exitCode: number,
  ) {
    super(message);
  }
}

/** Codes of sysexits.h. */
export const EXIT_USAGE = 64;
export const EXIT_NO_INPUT = 66;
