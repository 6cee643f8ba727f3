import type { Envelope } from '@spotopt/contracts';
import type { World, WorldSettings } from './world.js';

export interface Invariant {
  readonly id: string;
  readonly holds: boolean;
  readonly detail: string;
}

export interface TimelineEntry {
  /** Simulated milliseconds since the story’s first event; earlier ones are negative. */
  readonly atMs: number;
  readonly event: string;
  readonly subject: string;
}

export interface ScenarioResult {
  readonly name: string;
  readonly mode: World['mode'];
  readonly verdict: 'pass' | 'fail';
  readonly invariants: readonly Invariant[];
  readonly timeline: readonly TimelineEntry[];
  readonly figures: Readonly<Record<string, number>>;
}

/** What a story found out; the runner adds name, mode, timeline and verdict. */
export interface Findings {
  /** Simulated time that the timeline counts from. */
  readonly zeroMs: number;
  readonly invariants: readonly Invariant[];
  readonly figures: Readonly<Record<string, number>>;
}

export interface Scenario {
  readonly name: string;
  readonly summary: string;
  readonly world: Pick<WorldSettings, 'workloads' | 'market' | 'readPriceHistory'>;
  /** Simulated seconds per second; real processes and servers need more real time for the same work. */
  readonly speed: Readonly<Record<World['mode'], number>>;
  play(world: World, events: EventLog, tell: (line: string) => void): Promise<Findings>;
}

/** Every public event of the run so far, in the order in which the gateway saw them. */
export interface EventLog {
  all(): Promise<readonly Envelope[]>;
  /** Waits until an event fits. @throws AppError `scenario-timeout` (permanent) */
  until(what: string, fits: (event: Envelope) => boolean, options?: { withinMs?: number }): Promise<Envelope>;
}

export function invariant(id: string, holds: boolean, detail: string): Invariant {
  return { id, holds, detail };
}
