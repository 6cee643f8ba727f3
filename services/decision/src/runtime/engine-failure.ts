import type { EngineKind } from './ports.js';

export const ENGINE_FAILURE_CODES = [
  'engine-timeout',
  'engine-crashed',
  'engine-out-of-memory',
  'engine-failed',
  'engine-invalid-proposal',
] as const;
export type EngineFailureCode = (typeof ENGINE_FAILURE_CODES)[number];

/** What went wrong with an engine, before it is an error of anybody. */
export interface EngineFailure {
  readonly code: EngineFailureCode;
  readonly message: string;
  /** The limit that was hit, such as `1000 ms` or `256 MB`; null where there is none. */
  readonly limit: string | null;
  /** What in the file is refused, such as `external-data`; null for everything that happens at run time. */
  readonly reason: string | null;
}

/** The record of one failure: enough to say to the engine's author what happened. */
export interface EngineIncident extends EngineFailure {
  readonly engineId: string;
  readonly kind: EngineKind;
  readonly name: string;
  readonly version: string;
  /** What the process was doing. */
  readonly phase: 'start' | 'propose';
  readonly pid: number | null;
  /** How long the process had lived. */
  readonly livedMs: number;
  /** Most memory that was seen, in MB; null when it was not looked at. */
  readonly peakMb: number | null;
  /** Failures in a row, this one included. */
  readonly failures: number;
  /** The engine is not started again before this much time has passed. */
  readonly pauseMs: number;
}

/** Carries a failure from where it is noticed to where the process is ended. */
export class EngineFailed extends Error {
  constructor(readonly failure: EngineFailure) {
    super(failure.message);
  }

  static because(code: EngineFailureCode, message: string, limit: string | null = null): EngineFailed {
    return new EngineFailed({ code, message, limit, reason: null });
  }

  static refused(reason: string, message: string, limit: string | null = null): EngineFailed {
    return new EngineFailed({ code: 'engine-failed', message, limit, reason });
  }
}
