import { z } from 'zod';
import { PROPOSED_ACTIONS, REJECTION_CODES, type ScoredCandidate } from '../engine/engine.js';
import { expectedSavingOf } from '../engine/expected-saving.js';
import type { Observation, PlacementChoice, Proposal } from '../engine/ports.js';
import { riskOf, riskPartsOf } from '../engine/seed-rule.js';
import { type CandidateFacts, candidateFactsOf, onDemandPoolOf } from './candidate-facts.js';
import { EngineFailed } from './engine-failure.js';

const share = z.number().min(0).max(1);
const usd = z.number().min(-1e6).max(1e6);
const poolId = z.string().min(1).max(100);
const mode = z.enum(['spot', 'ondemand']);

/** On demand needs no pool: it is the zone of the present machine. */
const place = z.union([
  z.object({ mode: z.literal('spot'), poolId }),
  z.object({ mode: z.literal('ondemand'), poolId: poolId.optional() }),
]);

const candidate = z.object({
  mode: mode.default('spot'),
  poolId,
  risk: share.optional(),
  lossPerHour: share.nullable().default(null),
  scoreUsdPerHour: usd.nullable().default(null),
  expectedUsdPerHour: usd.nonnegative().nullable().default(null),
  expectedDowntimeSecondsPerHour: z.number().min(0).max(3600).nullable().default(null),
  rejectedBecause: z.array(z.enum(REJECTION_CODES)).max(REJECTION_CODES.length).default([]),
});

const answerSchema = z.object({
  action: z.enum(PROPOSED_ACTIONS),
  target: place.nullish(),
  standby: place.nullish(),
  reason: z.string().trim().min(1).max(500),
  confidence: share,
  candidates: z.array(candidate).max(2_000).default([]),
});
type ScriptAnswer = z.output<typeof answerSchema>;

/**
 * What a script answered, as a proposal. The facts (prices, savings, pools that exist) are those of the observation:
 * a script may judge places, but neither invent nor price them.
 * @throws EngineFailed `engine-invalid-proposal` that names the field
 */
export function proposalOfScript(
  text: string,
  observation: Observation,
  { name, version }: { readonly name: string; readonly version: string },
): Proposal {
  const answer = parse(text);
  const target = targetOf(answer, observation);
  const facts = candidateFactsOf(observation);
  const candidates = candidatesOf(answer, facts, target);
  const price = target === null ? null : (facts.find((known) => isAt(known, target))?.usdPerHour ?? null);
  if (target !== null && price === null)
    throw invalid('target', `the price of ${target.poolId} is not known`);
  const expectedSaving = price === null ? null : expectedSavingOf(observation, price);
  return {
    engine: name,
    engineVersion: version,
    action: answer.action,
    target,
    standby: standbyOf(answer, observation),
    candidates,
    reason: answer.reason,
    expectedSavingsUsdPerHour: expectedSaving?.netUsdPerHour ?? 0,
    expectedSaving,
    estimated: observation.current?.estimated ?? false,
    confidence: answer.confidence,
  };
}

function parse(text: string): ScriptAnswer {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw invalid('answer', `not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = answerSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw invalid(issue?.path.map(String).join('.') ?? '', issue?.message ?? 'not as documented');
}

function targetOf({ action, target }: ScriptAnswer, observation: Observation): PlacementChoice | null {
  if (action === 'stay' || action === 'create_replica') {
    if (target != null) throw invalid('target', `must be null with the action ${action}`);
    return null;
  }
  const wanted = action === 'switch_to_spot' ? 'spot' : 'ondemand';
  if (target == null && wanted === 'ondemand') return placed({ mode: 'ondemand' }, observation, 'target');
  if (target?.mode !== wanted)
    throw invalid('target', `must have the mode ${wanted} with the action ${action}`);
  return placed(target, observation, 'target');
}

function standbyOf({ action, standby }: ScriptAnswer, observation: Observation): PlacementChoice | null {
  if (action === 'create_replica' && standby == null) throw invalid('standby', 'says where the replica goes');
  if (standby === undefined) {
    const present = observation.standby;
    return present === null ? null : { mode: present.mode, poolId: present.poolId };
  }
  return standby === null ? null : placed(standby, observation, 'standby');
}

function placed(wanted: z.output<typeof place>, observation: Observation, field: string): PlacementChoice {
  const { mode } = wanted;
  if (mode === 'spot') {
    const known = observation.pools.some((pool) => pool.poolId === wanted.poolId);
    if (!known)
      throw invalid(`${field}.poolId`, `${wanted.poolId} is not among the pools of the observation`);
    return { mode, poolId: wanted.poolId };
  }
  const poolId = onDemandPoolOf(observation);
  if (wanted.poolId !== undefined && wanted.poolId !== poolId) {
    throw invalid(`${field}.poolId`, `on demand is at ${poolId}; leave the pool out`);
  }
  return { mode, poolId };
}

/** One line for each place, in the order of the observation: an engine's own words, or what is known without it. */
function candidatesOf(
  answer: ScriptAnswer,
  facts: readonly CandidateFacts[],
  target: PlacementChoice | null,
): ScoredCandidate[] {
  const told = new Map(answer.candidates.map((line) => [`${line.mode} ${line.poolId}`, line]));
  if (told.size < answer.candidates.length) throw invalid('candidates', 'names a place twice');
  const lines = facts.map((known) => {
    const key = `${known.mode} ${known.poolId}`;
    const line = told.get(key) ?? null;
    told.delete(key);
    return lineOf(known, line, target !== null && isAt(known, target));
  });
  const [unknown] = told.values();
  if (unknown !== undefined) throw invalid('candidates', `${unknown.poolId} is not in the observation`);
  return lines;
}

const NOT_JUDGED = {
  risk: undefined,
  lossPerHour: null,
  scoreUsdPerHour: null,
  expectedUsdPerHour: null,
  expectedDowntimeSecondsPerHour: null,
} as const;

function lineOf(
  known: CandidateFacts,
  line: ScriptAnswer['candidates'][number] | null,
  chosen: boolean,
): ScoredCandidate {
  const { mode, poolId, usdPerHour, savingsPercent, pool } = known;
  const judged = line ?? NOT_JUDGED;
  const riskParts = pool === null ? null : riskPartsOf(pool);
  return {
    ...{ mode, poolId, usdPerHour, savingsPercent, riskParts },
    risk: judged.risk ?? (riskParts === null ? 0 : riskOf(riskParts)),
    lossPerHour: judged.lossPerHour,
    scoreUsdPerHour: judged.scoreUsdPerHour,
    expectedUsdPerHour: judged.expectedUsdPerHour,
    expectedDowntimeSecondsPerHour: judged.expectedDowntimeSecondsPerHour,
    rejectedBecause: rejections(known, line?.rejectedBecause ?? null, chosen),
  };
}

function rejections(
  known: CandidateFacts,
  told: ScoredCandidate['rejectedBecause'] | null,
  chosen: boolean,
): ScoredCandidate['rejectedBecause'] {
  const all = [...new Set([...known.rejectedBecause, ...(told ?? [])])];
  return all.length > 0 || chosen || told !== null ? all : ['not-cheapest'];
}

function isAt(a: PlacementChoice, b: PlacementChoice): boolean {
  return a.mode === b.mode && a.poolId === b.poolId;
}

function invalid(field: string, problem: string): EngineFailed {
  return EngineFailed.because('engine-invalid-proposal', `${field || 'answer'}: ${problem}`);
}
