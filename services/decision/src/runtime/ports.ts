import type { Observation, Proposal } from '../engine/ports.js';

/** How an engine is run: compiled in, as a model in a process of its own, or as a script in a sandbox of its own. */
export type EngineKind = 'builtin' | 'onnx' | 'javascript';

/** One engine in one version. A decision names it, so that it can be made again by the same one. */
export interface EngineRef {
  /** `builtin:<name>`, or the id of the upload session that brought it. */
  readonly engineId: string;
  readonly kind: EngineKind;
  readonly name: string;
  readonly version: string;
  /** Of the uploaded file, in hexadecimal; null for what is compiled in. */
  readonly sha256: string | null;
}

/** An uploaded engine with its file, as bytes that were never executed. */
export interface EngineArtifact extends EngineRef {
  readonly kind: Exclude<EngineKind, 'builtin'>;
  readonly sha256: string;
  readonly content: Uint8Array;
  /** The manifest that came with a model, not parsed; null for a script. */
  readonly manifest: string | null;
}

/** An engine that can be asked. Deterministic: the same observation gives the same proposal, byte for byte. */
export interface EngineRunner {
  readonly ref: EngineRef;
  /**
   * A proposal that has passed the schema, however hostile the engine is.
   * @throws AppError `engine-timeout`, `engine-crashed`, `engine-out-of-memory`, `engine-failed` or
   *   `engine-invalid-proposal`; the engine's process is gone by then, and the next call starts another one. Nothing
   *   new that the engine did: `engine-busy` when its turn did not come in time, `engine-starting` when its start goes
   *   on, `engine-paused` after earlier failures
   */
  propose(observation: Observation, timeoutMs: number): Promise<Proposal>;
  close(): Promise<void>;
  /** Whether its process stays, however many others are asked: of those who decide, and not of those in shadow. */
  stayWarm?(wanted: boolean): void;
}

export interface Inspection {
  readonly name: string;
  readonly version: string;
  /** What a person wants to know before activation: inputs, outputs, operators, size, time on the golden input. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** Turns files of strangers into engines, each in a process of its own that can be killed. */
export abstract class EngineHost {
  /**
   * Looks at the file, then runs it once on the golden observation.
   * @throws AppError of kind permanent whose message says what is wrong and what to do
   */
  abstract inspect(
    artifact: Omit<EngineArtifact, keyof EngineRef> & Pick<EngineArtifact, 'kind'>,
  ): Promise<Inspection>;
  abstract open(artifact: EngineArtifact): EngineRunner;
}
