import type { Observation, PoolObservation, RejectionCode } from '../engine.js';
import { CHOICE, LOOK_AHEAD, SECONDS_PER_HOUR } from './constants.js';
import { type Outlook, outlookOf } from './lookahead.js';
import { lossCostsOf, type LossCosts } from './loss-costs.js';
import { returnRateOf } from './loss-rate.js';
import { isSamePlace } from '../same-place.js';
import type { LossPerHour, Place } from './place.js';
import { type PlacementCost, placementCost } from './placement-cost.js';
import { isInDanger, presentPlace } from './present-place.js';
import { type Standbys, standbysOf } from './standbys.js';

/** A place with what it costs: where the primary is, or could be. */
export interface Option {
  readonly place: Place;
  readonly cost: PlacementCost;
  readonly isPresent: boolean;
  /** Of going there once, in USD: both machines for a while, the state, the promotion. */
  readonly moveUsd: number;
  /** All in, with the move spread over the time that both machines and the opportunity are expected to last. */
  readonly scoreUsdPerHour: number;
  readonly risk: number;
  readonly rejectedBecause: readonly RejectionCode[];
}

/** A pool that cannot be judged, or where nothing may be launched. */
export interface RuledOut {
  readonly pool: PoolObservation;
  readonly rejectedBecause: readonly RejectionCode[];
}

export function isRuledOut(option: Option | RuledOut): option is RuledOut {
  return 'pool' in option;
}

/** What every option is held against. */
export interface Situation {
  readonly observation: Observation;
  readonly losses: LossCosts;
  /** At which prices come back to their average, per hour. */
  readonly returnRate: number;
  readonly standbys: Standbys;
  readonly present: Present | null;
}

export interface Present {
  readonly place: Place;
  readonly cost: PlacementCost;
  readonly outlook: Outlook;
  /** Its pool is known to take its machines back. */
  readonly inDanger: boolean;
}

/** @param usable places in which a machine may be launched */
export function situationOf(
  observation: Observation,
  usable: readonly Place[],
  lossPerHour: LossPerHour,
): Situation {
  const losses = lossCostsOf(observation);
  const returnRate = returnRateOf(observation.market);
  const standbys = standbysOf(observation, usable, losses, lossPerHour);
  const place = presentPlace(observation, lossPerHour);
  const shared = { observation, losses, returnRate, standbys };
  if (place === null) return { ...shared, present: null };
  const cost = placementCost(place, standbys, losses);
  const outlook = outlookOf({ place, cost }, losses, returnRate);
  return { ...shared, present: { place, cost, outlook, inDanger: isInDanger(observation) } };
}

export function presentOption({ place, cost }: Present): Option {
  const risk = riskOf(place.lossPerHour);
  return {
    ...{ place, cost, isPresent: true, moveUsd: 0, scoreUsdPerHour: cost.usdPerHour, risk },
    rejectedBecause: ['current-pool'],
  };
}

export function optionOf(place: Place, { observation, losses, standbys, present }: Situation): Option {
  if (present !== null && isSamePlace(place, present.place)) return presentOption(present);
  const cost = placementCost(place, standbys, losses);
  const { economics, standby } = observation;
  const isStandby = standby !== null && isSamePlace(place, standby);
  const doubleHours = isStandby ? 0 : economics.doubleRunSeconds / SECONDS_PER_HOUR;
  const keptUsd = ((present?.place.usdPerHour ?? 0) * economics.oldKeptSeconds) / SECONDS_PER_HOUR;
  const moveUsd = losses.promoteUsd + economics.transferUsd + place.usdPerHour * doubleHours + keptUsd;
  const scoreUsdPerHour = cost.usdPerHour + endsPerHour(present?.place ?? null, place) * moveUsd;
  const risk = riskOf(place.lossPerHour);
  return { place, cost, isPresent: false, moveUsd, scoreUsdPerHour, risk, rejectedBecause: [] };
}

/** How often what a move brings comes to its end: either machine is lost, or the opportunity is over. */
export function endsPerHour(
  present: Pick<Place, 'lossPerHour'> | null,
  other: Pick<Place, 'lossPerHour'>,
): number {
  return (present?.lossPerHour ?? 0) + other.lossPerHour + 1 / LOOK_AHEAD.horizonHours;
}

/** Chance to lose the machine within `CHOICE.riskHours`. */
export function riskOf(lossPerHour: number): number {
  return 1 - Math.exp(-lossPerHour * CHOICE.riskHours);
}
