import {
  type Observation,
  type PoolObservation,
  type Proposal,
  riskOf,
  riskPartsOf,
} from '../engine/ports.js';
import type { EngineKind } from '../runtime/ports.js';
import type { StandbyChange, StayCode } from './guardrails.js';

/** A standby that was only just asked for is kept this long: what changes its mind each cycle pays for machines only. */
const STANDBY_MIN_AGE_SECONDS = 30 * 60;

/**
 * What the workload's own limits have against a proposal. Engines that are compiled in, and models, whose choice is
 * ours, judge risk and saving themselves; of a script nobody knows whether it does.
 */
export function limitsAgainst(
  proposal: Proposal,
  observation: Observation,
  { kind, standby }: { readonly kind: EngineKind; readonly standby: StandbyChange },
): StayCode[] {
  const codes: StayCode[] = [];
  if (kind === 'javascript' && proposal.target !== null) codes.push(...ofMove(proposal, observation));
  if (standby !== 'none' && isTooYoung(observation)) codes.push('standby-too-young');
  return codes;
}

/** On demand is always open: it is dearer, but nobody takes it back. */
function ofMove({ target, candidates }: Proposal, observation: Observation): StayCode[] {
  const { current, pools, limits } = observation;
  const pool = pools.find(({ poolId }) => poolId === target?.poolId);
  if (target?.mode !== 'spot' || pool === undefined) return [];
  const said = candidates.find(({ mode, poolId }) => mode === 'spot' && poolId === pool.poolId)?.risk ?? 0;
  const risk = Math.max(said, riskOf(riskPartsOf(pool)));
  const codes: StayCode[] = risk < limits.maxRisk ? [] : ['risk-too-high'];
  const mayCost = current === null || isInDanger(observation);
  return mayCost || savesEnough(pool, observation) ? codes : [...codes, 'saving-too-small'];
}

function savesEnough({ usdPerHour }: PoolObservation, { current, limits }: Observation): boolean {
  const present = current?.usdPerHour ?? 0;
  if (present <= 0 || usdPerHour === null) return false;
  return ((present - usdPerHour) / present) * 100 > limits.minSavingsPercent;
}

/** Leaving a pool that takes machines back need not save anything. */
function isInDanger({ at, current, pools }: Observation): boolean {
  const here = current?.mode === 'spot' ? pools.find(({ poolId }) => poolId === current.poolId) : undefined;
  return here !== undefined && isFailing(here, at);
}

function isFailing({ available, underNotice, blockedUntil }: PoolObservation, at: string): boolean {
  return available === false || underNotice || (blockedUntil !== null && blockedUntil > at);
}

function isTooYoung({ standby, pools, at }: Observation): boolean {
  if (standby === null || standby.ageSeconds >= STANDBY_MIN_AGE_SECONDS) return false;
  const pool = standby.mode === 'spot' ? pools.find(({ poolId }) => poolId === standby.poolId) : undefined;
  return pool === undefined || !isFailing(pool, at);
}
