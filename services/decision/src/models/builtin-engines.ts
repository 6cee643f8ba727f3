import { AppError } from '@spotopt/kernel';
import type { Engine } from '../engine/ports.js';
import { BuiltinRunner } from '../runtime/builtin-runner.js';
import type { EngineRef } from '../runtime/ports.js';

/** Engines that are compiled in. */
export class BuiltinEngines {
  readonly #runners: ReadonlyMap<string, BuiltinRunner>;
  /** What decides on a new installation. */
  readonly first: EngineRef;
  /** What takes over there; null when there is only one. */
  readonly second: EngineRef | null;

  /** @param engines the one that decides at first, the one that takes over, then any others */
  constructor(engines: readonly Engine[]) {
    const runners = engines.map((engine) => new BuiltinRunner(engine));
    const [first, second] = runners;
    if (first === undefined) throw AppError.bug('no-builtin-engine', 'at least one engine is compiled in');
    this.#runners = new Map(runners.map((runner) => [runner.ref.engineId, runner]));
    this.first = first.ref;
    this.second = second?.ref ?? null;
  }

  find(engineId: string): BuiltinRunner | undefined {
    return this.#runners.get(engineId);
  }

  /** A built-in engine in the version of this program, whatever version was noted; an uploaded one as it is. */
  resolve(ref: EngineRef): EngineRef {
    if (ref.kind !== 'builtin') return ref;
    // One that this version of the program no longer has gives way to the default.
    return this.find(ref.engineId)?.ref ?? this.first;
  }

  refs(): EngineRef[] {
    return [...this.#runners.values()].map(({ ref }) => ref);
  }
}
