import { AppError, isAppError, SystemClock } from '@spotopt/kernel';
import { type Observation, type Proposal, StayEngine } from '../engine/ports.js';
import { BuiltinRunner } from '../runtime/builtin-runner.js';
import type { EngineRef, EngineRunner } from '../runtime/ports.js';
import { checkProposal } from './check-proposal.js';

export interface EngineFailure {
  readonly code: string;
  readonly message: string;
}

/** An engine that was asked, and how it went. */
export interface EngineAttempt {
  readonly engine: EngineRef;
  readonly elapsedMs: number;
  /** Null when its proposal was taken. */
  readonly failure: EngineFailure | null;
}

export interface Answer {
  readonly engine: EngineRef;
  readonly proposal: Proposal;
  /** Every engine that was asked, the one that answered last. */
  readonly attempts: readonly EngineAttempt[];
}

/** What decides when no engine has a usable answer. */
export const LAST_RESORT = new BuiltinRunner(new StayEngine());
/** A runner keeps the limit itself by killing its engine; this only catches a runner that does not come back. */
const GRACE_MS = 1_000;
/** It may be opened, wait for its turn, and answer: for each of them it has the whole limit. */
const STEPS = 3;
/** Engines run on real time, also where the time of the service is simulated. */
const REAL_TIME = new SystemClock();

/**
 * Asks the engines in order until one answers in time with a sane proposal; when none does, nothing changes. Never
 * throws: whatever an engine does, a decision is made, and says what happened.
 */
export async function askEngines(
  engines: readonly EngineRunner[],
  observation: Observation,
  timeoutMs: number,
): Promise<Answer> {
  const attempts: EngineAttempt[] = [];
  for (const engine of engines) {
    const { elapsedMs, answer } = await timed(() => askOne(engine, observation, timeoutMs));
    if ('failure' in answer) {
      attempts.push({ engine: engine.ref, elapsedMs, failure: answer.failure });
      continue;
    }
    attempts.push({ engine: engine.ref, elapsedMs, failure: null });
    return { engine: engine.ref, proposal: answer.proposal, attempts };
  }
  const proposal = await LAST_RESORT.propose(observation);
  attempts.push({ engine: LAST_RESORT.ref, elapsedMs: 0, failure: null });
  return { engine: LAST_RESORT.ref, proposal, attempts };
}

type OneAnswer = { readonly proposal: Proposal } | { readonly failure: EngineFailure };

/** What one engine proposes, or what is wrong with it. */
export async function askOne(
  engine: EngineRunner,
  observation: Observation,
  timeoutMs: number,
): Promise<OneAnswer> {
  const limit = new AbortController();
  const late = REAL_TIME.sleep(STEPS * timeoutMs + GRACE_MS, limit.signal).then(() => {
    throw AppError.transient('engine-timeout', `no answer within ${String(timeoutMs)} ms`);
  });
  late.catch(() => undefined);
  try {
    const proposal = await Promise.race([engine.propose(observation, timeoutMs), late]);
    const problems = checkProposal(proposal, observation);
    if (problems.length === 0) return { proposal };
    return { failure: { code: 'engine-invalid-proposal', message: problems.join('; ') } };
  } catch (error) {
    return { failure: failureOf(error) };
  } finally {
    limit.abort();
  }
}

function failureOf(error: unknown): EngineFailure {
  if (isAppError(error)) return { code: error.code, message: error.message };
  return { code: 'engine-failed', message: error instanceof Error ? error.message : String(error) };
}

async function timed<T>(work: () => Promise<T>): Promise<{ elapsedMs: number; answer: T }> {
  const startedMs = performance.now();
  const answer = await work();
  return { elapsedMs: Number((performance.now() - startedMs).toFixed(3)), answer };
}
