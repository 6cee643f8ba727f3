import type { Decision, EngineFailure } from '../decide/ports.js';
import {
  isSamePlace,
  type Observation,
  type PlacementChoice,
  type Proposal,
  type ProposedAction,
} from '../engine/ports.js';
import type { EngineRef } from '../runtime/ports.js';
import type { FollowedCost, Unknown } from './follow-advice.js';
import type { Hindsight } from './hindsight.js';
import type { Happened } from './what-happened.js';

/** `passed-over`: it was in charge, but failed, so that the next engine decided. */
export type AdviceRole = 'decided' | 'shadow' | 'passed-over';

export interface Advised {
  readonly action: ProposedAction;
  readonly target: PlacementChoice | null;
  readonly standby: PlacementChoice | null;
  /** All in, as far as the engine says so. */
  readonly expectedUsdPerHour: number | null;
  readonly expectedSavingUsdPerHour: number;
}

export type Outcome = Unknown | KnownOutcome;

export interface KnownOutcome {
  readonly cost: FollowedCost;
  /** Null when too little is known of a place that might have been the best. */
  readonly hindsight: Hindsight | null;
  /** What the best in hindsight would have saved. */
  readonly regretUsdPerHour: number | null;
  /** Null where it was not seen. */
  readonly happened: Happened | null;
}

/** What one engine said at one decision, and later what it would have brought. */
export interface Advice {
  readonly decisionId: string;
  readonly agentId: string;
  readonly clientId: string;
  readonly region: string;
  readonly instanceType: string;
  readonly decidedAt: Date;
  readonly engine: EngineRef;
  readonly role: AdviceRole;
  readonly elapsedMs: number;
  /** Where the workload was; null without a primary. */
  readonly current: { readonly mode: 'spot' | 'ondemand' | 'unknown'; readonly poolId: string } | null;
  /** Null when the engine failed. */
  readonly advised: Advised | null;
  readonly failure: EngineFailure | null;
  readonly horizonEndsAt: Date;
  /** When it is compared with what happened; null when it was, or when there is nothing to compare. */
  readonly evaluateAt: Date | null;
  readonly evaluatedAt: Date | null;
  readonly outcome: Outcome | null;
}

export interface Answered {
  readonly engine: EngineRef;
  readonly role: AdviceRole;
  readonly elapsedMs: number;
  readonly answer: { readonly proposal: Proposal } | { readonly failure: EngineFailure };
}

export interface AdviceSettings {
  /** How far one looks ahead to judge an advice. */
  readonly horizonMs: number;
  /** How long after the horizon news may still come in. */
  readonly settleMs: number;
}

type About = Pick<Decision, 'decisionId' | 'agentId' | 'clientId' | 'decidedAt' | 'observation'>;

export function adviceOf(
  { decisionId, agentId, clientId, decidedAt, observation }: About,
  { engine, role, elapsedMs, answer }: Answered,
  { horizonMs, settleMs }: AdviceSettings,
): Advice {
  const { region, instanceType, current } = observation;
  const advised = 'proposal' in answer ? advisedOf(answer.proposal, observation) : null;
  const horizonEndsAt = new Date(decidedAt.getTime() + horizonMs);
  return {
    ...{ decisionId, agentId, clientId, region, instanceType, decidedAt, engine, role, elapsedMs },
    current: current === null ? null : { mode: current.mode, poolId: current.poolId },
    advised,
    failure: 'failure' in answer ? answer.failure : null,
    horizonEndsAt,
    evaluateAt: advised === null ? null : new Date(horizonEndsAt.getTime() + settleMs),
    evaluatedAt: null,
    outcome: null,
  };
}

/** What the engines that were in charge said: the one that decided, and those that failed before it. */
export function answersInCharge({ engine, attempts, proposal }: Decision): Answered[] {
  return attempts.map(({ engine: asked, elapsedMs, failure }) =>
    failure === null
      ? { engine, role: 'decided', elapsedMs, answer: { proposal } }
      : { engine: asked, role: 'passed-over', elapsedMs, answer: { failure } },
  );
}

function advisedOf(proposal: Proposal, observation: Observation): Advised {
  const { action, target, standby, expectedSavingsUsdPerHour } = proposal;
  return {
    action,
    target,
    standby,
    expectedUsdPerHour: expectedUsdPerHourOf(proposal, observation),
    expectedSavingUsdPerHour: expectedSavingsUsdPerHour,
  };
}

/**
 * The score of the place that was chosen. An engine that scores nothing expects present prices to last: those of the
 * primary and of the standby, and what the move costs.
 */
function expectedUsdPerHourOf(proposal: Proposal, observation: Observation): number | null {
  const { target, standby, candidates, expectedSaving } = proposal;
  const place = target ?? observation.current;
  const chosen = candidates.find((one) => isSamePlace(one, place));
  if (chosen?.scoreUsdPerHour != null) return chosen.scoreUsdPerHour;
  const primary = place === null ? null : priceOf(place, observation);
  const beside = standby === null ? 0 : priceOf(standby, observation);
  if (primary === null || beside === null) return null;
  if (expectedSaving === null) return primary + beside;
  const { doubleRunUsd, transferUsd, downtimeUsd, horizonHours } = expectedSaving;
  return primary + beside + (doubleRunUsd + transferUsd + downtimeUsd) / horizonHours;
}

type Place = { readonly mode: string; readonly poolId: string } | null;

function priceOf(
  place: NonNullable<Place>,
  { pools, onDemand, current, standby }: Observation,
): number | null {
  if (place.mode === 'ondemand') return onDemand?.usdPerHour ?? null;
  const pool = pools.find(({ poolId }) => poolId === place.poolId);
  const seen = [current, standby].find((one) => isSamePlace(one, place));
  return pool?.usdPerHour ?? seen?.usdPerHour ?? null;
}

/** Whether two engines would have done the same at the same decision. */
export function isSameAdvice(a: Advice, b: Advice): boolean {
  if (a.advised === null || b.advised === null) return false;
  const placed = (one: Advice): Place => one.advised?.target ?? one.current;
  return isSamePlace(placed(a), placed(b)) && isSamePlace(a.advised.standby, b.advised.standby);
}

export function isSameEngine(a: EngineRef, b: EngineRef): boolean {
  return a.engineId === b.engineId && a.version === b.version;
}
