import { hasCode } from '@spotopt/kernel';
import { GOLDEN_OBSERVATION } from './golden-observation.js';
import type { EngineRunner } from './ports.js';

/** One answer of an engine that has just been started. */
const WARM_UP_MS = 5_000;
/** Together longer than any start may take. */
const ATTEMPTS = 4;

/** Starts the engine: that takes longer than any decision waits, has a limit of its own, and comes after other starts. */
export async function warmUp(runner: EngineRunner): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await runner.propose(GOLDEN_OBSERVATION, WARM_UP_MS);
      return;
    } catch (error) {
      const mayCome = hasCode(error, 'engine-starting') || hasCode(error, 'engine-busy');
      if (!mayCome || attempt === ATTEMPTS) throw error;
    }
  }
}
