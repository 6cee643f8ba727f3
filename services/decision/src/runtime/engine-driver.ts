import type { Observation, Proposal } from '../engine/ports.js';
import type { EngineProcessSettings } from './engine-process.js';
import type { Frame } from './frames.js';

/** One question to a process, with what its answer must be. */
export interface Trial {
  readonly ask: Frame;
  /** @throws EngineFailed for an answer that no engine may give */
  readonly verify: (body: Uint8Array) => void;
}

/** What one kind of engine says to its process, and how the answers become proposals. */
export interface EngineDriver {
  readonly process: EngineProcessSettings;
  /** Makes a new process ready; its answer's head describes the engine. */
  start(): Frame;
  ask(observation: Observation, timeoutMs: number): Frame;
  /** @throws EngineFailed `engine-invalid-proposal` or `engine-failed` */
  read(body: Uint8Array, observation: Observation): Proposal;
  /** What a file must answer before anybody may activate it. */
  trials(timeoutMs: number): readonly Trial[];
}
