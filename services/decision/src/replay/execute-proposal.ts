import type { PlacementChoice, Proposal } from '../engine/ports.js';
import type { ChangeLimits } from './change-limits.js';
import type { ReplayAction, StepObservation } from './policy.js';
import { ON_DEMAND } from './scenario.js';

type IdOf = (choice: PlacementChoice) => string | null;

/**
 * What the replay does with a proposal. A move is warm: its target becomes the replica, and the primary once it is
 * ready and still wanted. Only a lost primary is replaced cold.
 */
export function executeProposal(
  { primary, replica }: StepObservation,
  { target, standby }: Proposal,
  idOf: IdOf,
): ReplayAction {
  const wanted = idOrNull(target, idOf);
  const second = idOrNull(standby, idOf);
  const present = replica?.pool ?? null;
  if (primary === null) {
    const to = wanted ?? ON_DEMAND;
    return { primary: to, replica: secondOf(second, present, to) };
  }
  if (wanted === null || wanted === primary.pool) return { primary: primary.pool, replica: second };
  if (present !== wanted || replica?.ready !== true) return { primary: primary.pool, replica: wanted };
  return { primary: wanted, replica: secondOf(second, present, wanted) };
}

function idOrNull(choice: PlacementChoice | null, idOf: IdOf): string | null {
  return choice === null ? null : idOf(choice);
}

/** A standby that was only repeated has just become the primary: it is not wanted a second time. */
function secondOf(second: string | null, present: string | null, primary: string): string | null {
  return second === present && second === primary ? null : second;
}

/**
 * The same for the published rule, whose limits are not the engine's business: a ready replica whose pool still
 * passes is promoted whatever they say; a new move waits for them. The rule has no say in standbys.
 */
export function executeSeedRule(
  observation: StepObservation,
  { candidates }: Proposal,
  idOf: IdOf,
  limits: ChangeLimits,
): ReplayAction {
  const { primary, replica, atS } = observation;
  if (primary === null) return { primary: ON_DEMAND, replica: null };
  const passing = candidates.filter(
    ({ mode, rejectedBecause }) => mode === 'spot' && rejectedBecause.length === 0,
  );
  if (replica?.ready === true && passing.some((candidate) => idOf(candidate) === replica.pool)) {
    return { primary: replica.pool, replica: null };
  }
  const stay = { primary: primary.pool, replica: null };
  if (!limits.allowChange(atS)) return stay;
  const best = passing.reduce<(typeof passing)[number] | null>(
    (cheapest, candidate) =>
      cheapest === null || (candidate.usdPerHour ?? 0) < (cheapest.usdPerHour ?? 0) ? candidate : cheapest,
    null,
  );
  return best === null ? stay : { ...stay, replica: idOf(best) };
}
