import {
  isPriceFresh,
  type Observation,
  type PlacementChoice,
  type PoolObservation,
  type Proposal,
} from '../engine/ports.js';

/**
 * What is wrong with a proposal, whoever made it: an engine that proposes such a thing is not believed in anything.
 * Empty for a sane one. The limits of the workload are judged elsewhere; this is about what nobody may propose.
 */
export function checkProposal(proposal: Proposal, observation: Observation): string[] {
  return [
    ...figures(proposal),
    ...action(proposal, observation),
    ...(proposal.target === null ? [] : placement(proposal.target, observation, 'target')),
    ...standby(proposal, observation),
    ...(proposal.target === null ? [] : unpriced(proposal.target, observation)),
  ];
}

function figures({ confidence, expectedSavingsUsdPerHour, expectedSaving, candidates }: Proposal): string[] {
  const problems: string[] = [];
  if (!(confidence >= 0 && confidence <= 1)) problems.push('its confidence is not between 0 and 1');
  const usd: number[] = [
    expectedSavingsUsdPerHour,
    ...(expectedSaving === null ? [] : Object.values<number>({ ...expectedSaving })),
  ];
  if (!usd.every(isCredible)) problems.push('its expected saving is not a number, or out of all proportion');
  const ofCandidates = candidates.flatMap((one) => [
    one.risk,
    one.usdPerHour ?? 0,
    one.savingsPercent ?? 0,
    one.lossPerHour ?? 0,
    one.scoreUsdPerHour ?? 0,
    one.expectedUsdPerHour ?? 0,
    one.expectedDowntimeSecondsPerHour ?? 0,
  ]);
  if (!ofCandidates.every(isCredible))
    problems.push('a candidate has a figure that is no number, or out of all proportion');
  return problems;
}

/** Beyond what the dearest machine and the dearest downtime that a workload may have come to. */
const LARGEST = 1e9;

function isCredible(value: number): boolean {
  return Number.isFinite(value) && Math.abs(value) <= LARGEST;
}

function action(proposal: Proposal, observation: Observation): string[] {
  const { current } = observation;
  const { action: proposed, target, standby: wanted } = proposal;
  switch (proposed) {
    case 'stay':
      if (target !== null) return ['it stays, yet names a target'];
      return isNew(wanted, observation)
        ? ['it stays, yet wants another standby: that is create_replica']
        : [];
    case 'create_replica':
      if (target !== null) return ['it only wants a standby, yet names a target'];
      return wanted === null ? ['it wants a standby, yet names no place for it'] : [];
    case 'switch_to_spot':
      return move('spot', target, current);
    case 'switch_to_ondemand':
      return move('ondemand', target, current);
  }
}

function move(
  mode: PlacementChoice['mode'],
  target: Proposal['target'],
  current: Observation['current'],
): string[] {
  if (target === null) return ['it moves, yet names no target'];
  if (target.mode !== mode) return [`it moves to ${mode}, yet its target is ${target.mode}`];
  return isSame(target, current) ? ['its target is where the workload already runs'] : [];
}

function placement(choice: PlacementChoice, observation: Observation, what: string): string[] {
  if (choice.mode === 'ondemand') {
    return observation.onDemand === null ? [`its ${what} is on-demand, whose price is not known`] : [];
  }
  const pool = poolOf(choice, observation);
  if (pool === null) return [`its ${what} ${choice.poolId} is not a pool that the workload may run in`];
  const problems: string[] = [];
  if (pool.underNotice) problems.push(`its ${what} ${choice.poolId} is under notice`);
  if (pool.available === false) problems.push(`its ${what} ${choice.poolId} gives no machines now`);
  if (isBlocked(pool, observation.at)) problems.push(`its ${what} ${choice.poolId} is blocked`);
  return problems;
}

/** A standby that is there already may stay where it is; a new one must be able to start, and not die with its primary. */
function standby(proposal: Proposal, observation: Observation): string[] {
  const { standby: wanted, target } = proposal;
  if (wanted === null || !isNew(wanted, observation)) return [];
  if (!observation.standbyAllowed) return ['it wants a standby, which the settings do not allow'];
  const primary = target ?? observation.current;
  if (wanted.mode === 'spot' && isSame(wanted, primary)) return ['its standby would die with its primary'];
  return [...placement(wanted, observation, 'standby'), ...unpriced(wanted, observation)];
}

/** A machine in a pool whose price nobody knows, or knew lately, would be a leap in the dark. */
function unpriced(choice: PlacementChoice, observation: Observation): string[] {
  if (choice.mode === 'ondemand') return [];
  const pool = poolOf(choice, observation);
  if (pool === null) return [];
  if (pool.usdPerHour === null) return [`the price of ${choice.poolId} is not known`];
  return isPriceFresh(observation, pool) ? [] : [`the price of ${choice.poolId} was read too long ago`];
}

function isNew(wanted: PlacementChoice | null, { standby: present }: Observation): boolean {
  return wanted !== null && !isSame(wanted, present);
}

function poolOf(choice: PlacementChoice, { pools }: Observation): PoolObservation | null {
  return pools.find(({ poolId }) => poolId === choice.poolId) ?? null;
}

function isBlocked(pool: PoolObservation, at: string): boolean {
  return pool.blockedUntil !== null && pool.blockedUntil > at;
}

/** The very same placement: a standby on demand in another zone than its primary is one that outlives the zone. */
export function isSame(
  choice: PlacementChoice,
  other: { readonly mode: string; readonly poolId: string } | null,
): boolean {
  return other !== null && choice.mode === other.mode && choice.poolId === other.poolId;
}
