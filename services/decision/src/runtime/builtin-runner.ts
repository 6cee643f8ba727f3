import type { Engine, Observation, Proposal } from '../engine/ports.js';
import type { EngineRef, EngineRunner } from './ports.js';

/** An engine that is compiled in. It ends by construction, so that no limit is put on it. */
export class BuiltinRunner implements EngineRunner {
  readonly ref: EngineRef;

  constructor(private readonly engine: Engine) {
    const { name, version } = engine;
    this.ref = { engineId: `builtin:${name}`, kind: 'builtin', name, version, sha256: null };
  }

  propose(observation: Observation): Promise<Proposal> {
    return Promise.resolve().then(() => this.engine.propose(observation));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
