import { hasCode } from '@spotopt/kernel';
import type { Observation } from '../engine/ports.js';
import type { EngineRunner } from './ports.js';

/** What came of it, however many calls the start takes. */
export async function outcomeOf(
  runner: EngineRunner,
  observation: Observation,
  timeoutMs: number,
): Promise<unknown> {
  for (;;) {
    const outcome: unknown = await runner.propose(observation, timeoutMs).catch((error: unknown) => error);
    if (!hasCode(outcome, 'engine-starting')) return outcome;
  }
}
