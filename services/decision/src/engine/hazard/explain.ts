import type { ExpectedSaving, Observation, Proposal, ScoredCandidate } from '../engine.js';
import { expectedSavingOf } from '../expected-saving.js';
import type { Choice } from './choose-placement.js';
import { endsPerHour, isRuledOut, type Option, riskOf, type RuledOut } from './option.js';
import type { LossPerHour } from './place.js';

/** Who made the choice. */
export interface EngineIdentity {
  readonly engine: string;
  readonly engineVersion: string;
}

/** The limits act on a proposal from 0.7 on: with nothing learned just so, since priors are careful. */
const CONFIDENCE = { ofPriors: 0.7, learned: 0.25, halfLearnedPoolHours: 24, estimated: 0.5 } as const;

/** A choice in the words of the contract. */
export function proposalOf(
  observation: Observation,
  choice: Choice,
  lossPerHour: LossPerHour,
  identity: EngineIdentity,
): Proposal {
  const { target, standby } = choice;
  const estimated = restsOnEstimate(observation, choice);
  const saving = target === null ? null : savingOf(observation, choice.present, target);
  return {
    ...identity,
    action: actionOf(observation, choice),
    target: target === null ? null : { mode: target.place.mode, poolId: target.place.poolId },
    standby: standby === null ? null : { mode: standby.mode, poolId: standby.poolId },
    candidates: choice.options.map((option) => candidateOf(observation, option, lossPerHour)),
    reason: reasonOf(observation, choice),
    expectedSavingsUsdPerHour: saving?.netUsdPerHour ?? 0,
    expectedSaving: saving,
    estimated,
    confidence: confidenceOf(observation, choice, estimated),
  };
}

function actionOf({ standby: present }: Observation, { target, standby }: Choice): Proposal['action'] {
  if (target !== null) return target.place.mode === 'spot' ? 'switch_to_spot' : 'switch_to_ondemand';
  if (standby === null) return 'stay';
  const isThere = present?.mode === standby.mode && present.poolId === standby.poolId;
  return isThere ? 'stay' : 'create_replica';
}

/** Over the time that the move is expected to hold. */
function savingOf(observation: Observation, present: Option | null, target: Option): ExpectedSaving | null {
  const hours = 1 / endsPerHour(present?.place ?? null, target.place);
  return expectedSavingOf(observation, target.place.usdPerHour, hours);
}

/** A comparison of spot with on demand whose price is a guess. */
function restsOnEstimate({ current, onDemand }: Observation, { target, present }: Choice): boolean {
  if (target === null) return current?.estimated ?? false;
  if (target.place.mode === 'spot') {
    return (
      present?.place.mode === 'ondemand' && (current?.estimated === true || current?.usdPerHour === null)
    );
  }
  return isGuess(onDemand);
}

function isGuess(onDemand: Observation['onDemand']): boolean {
  return onDemand === null || onDemand.source === null || onDemand.source === 'estimated';
}

function confidenceOf({ market }: Observation, { situation }: Choice, estimated: boolean): number {
  // What is lost must land somewhere, whatever is known of prices.
  if (estimated && situation !== 'lost') return CONFIDENCE.estimated;
  const hours = market?.hoursUp ?? 0;
  return CONFIDENCE.ofPriors + (CONFIDENCE.learned * hours) / (hours + CONFIDENCE.halfLearnedPoolHours);
}

function candidateOf(
  observation: Observation,
  option: Option | RuledOut,
  lossPerHour: LossPerHour,
): ScoredCandidate {
  if (isRuledOut(option)) return ruledOutCandidate(observation, option, lossPerHour);
  const { place, cost, risk, scoreUsdPerHour, rejectedBecause } = option;
  const { promoteSeconds, coldLaunchSeconds } = observation.economics;
  const secondsPerLoss = promoteSeconds + cost.coldChance * (coldLaunchSeconds - promoteSeconds);
  return {
    mode: place.mode,
    poolId: place.poolId,
    usdPerHour: place.usdPerHour,
    savingsPercent: savingsPercentOf(observation, place.usdPerHour),
    risk,
    riskParts: null,
    lossPerHour: place.lossPerHour,
    scoreUsdPerHour,
    expectedUsdPerHour: place.usdPerHour + (cost.standby?.usdPerHour ?? 0),
    expectedDowntimeSecondsPerHour: place.lossPerHour * secondsPerLoss,
    rejectedBecause,
  };
}

function ruledOutCandidate(
  observation: Observation,
  { pool, rejectedBecause }: RuledOut,
  lossPerHour: LossPerHour,
): ScoredCandidate {
  const rate = pool.available === false ? null : lossPerHour(pool.poolId);
  const { current } = observation;
  const isHere = current?.mode === 'spot' && current.poolId === pool.poolId;
  return {
    mode: 'spot',
    poolId: pool.poolId,
    usdPerHour: pool.usdPerHour,
    savingsPercent: savingsPercentOf(observation, pool.usdPerHour),
    risk: rate === null ? 1 : riskOf(rate),
    riskParts: null,
    lossPerHour: rate,
    scoreUsdPerHour: null,
    expectedUsdPerHour: null,
    expectedDowntimeSecondsPerHour: null,
    rejectedBecause: isHere ? ['current-pool', ...rejectedBecause] : rejectedBecause,
  };
}

function savingsPercentOf({ current }: Observation, usdPerHour: number | null): number | null {
  const present = current?.usdPerHour ?? null;
  if (present === null || present === 0 || usdPerHour === null) return null;
  return ((present - usdPerHour) / present) * 100;
}

/** One sentence with the figures that decided. */
function reasonOf(observation: Observation, choice: Choice): string {
  const { situation, present, target } = choice;
  const standby = standbyPhrase(observation, choice);
  if (situation === 'unpriced') return 'the present price is not known yet, so that nothing can be compared';
  if (situation === 'lost') return `${landing(choice)}${standby}`;
  if (present === null) return 'nothing to compare';
  if (target === null) return `${staying(observation, choice, present)}${standby}`;
  return (
    `${nameOf(target)} costs ${usd(target.cost.usdPerHour)} an hour all in, ${chance(target)}, ` +
    `against ${usd(present.cost.usdPerHour)} here${chanceHere(present)}; ` +
    `the move costs ${usd(target.moveUsd)} once${estimateMark(observation, choice)}${standby}`
  );
}

function landing({ target, options }: Choice): string {
  if (target === null) return 'the primary is lost, and there is no place that could be taken';
  if (target.place.mode === 'spot') {
    return (
      `the primary is lost: ${nameOf(target)} is the cheapest place at ` +
      `${usd(target.cost.usdPerHour)} an hour all in, ${chance(target)}`
    );
  }
  const waits = options.some((option) => option.rejectedBecause.includes('too-young'));
  const why = waits
    ? 'spot pools are cheaper, but have not been up long enough to be worth their losses'
    : 'no spot pool is worth its losses';
  return `the primary is lost: on-demand at ${usd(target.place.usdPerHour)} an hour, because ${why}`;
}

function staying(observation: Observation, { options }: Choice, present: Option): string {
  const here = `it stays at ${usd(present.cost.usdPerHour)} an hour all in${chanceHere(present)}`;
  let best: Option | null = null;
  for (const option of options) {
    if (isRuledOut(option) || option.isPresent) continue;
    if (best === null || option.scoreUsdPerHour < best.scoreUsdPerHour) best = option;
  }
  if (best === null) return `${here}: no other place can be judged or taken now`;
  const other = `the best other place, ${nameOf(best)}, would cost ${usd(best.cost.usdPerHour)} all in, ${chance(best)}`;
  return `${here}: ${other}, and ${usd(best.moveUsd)} for the move (${best.rejectedBecause.join(', ')})${estimateMark(observation, null)}`;
}

function standbyPhrase({ standby: present }: Observation, { standby }: Choice): string {
  if (standby === null) return present === null ? '' : '; the standby does not pay any more';
  const isThere = present?.mode === standby.mode && present.poolId === standby.poolId;
  return isThere ? `; the standby stays in ${standby.poolId}` : `; a standby in ${standby.poolId} pays`;
}

function estimateMark({ current }: Observation, choice: Choice | null): string {
  const estimated =
    choice === null ? current?.estimated === true : choice.present !== null && current?.estimated === true;
  return estimated ? ', measured against an estimated on-demand price' : '';
}

function nameOf({ place }: Option): string {
  return place.mode === 'spot' ? place.poolId : 'on-demand';
}

const DAY_HOURS = 24;

function chance({ place }: Option): string {
  if (place.mode === 'ondemand') return 'never taken back';
  const percent = 100 * (1 - Math.exp(-place.lossPerHour * DAY_HOURS));
  return `${percent < 1 ? 'less than 1' : percent.toFixed(0)} % chance to lose it within a day`;
}

function chanceHere(present: Option): string {
  return present.place.mode === 'ondemand' ? '' : ` (${chance(present)})`;
}

function usd(amount: number): string {
  return `$${amount.toFixed(4)}`;
}
