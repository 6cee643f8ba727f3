import { poolIdOf } from '@spotopt/contracts';
import type { Observation, PlacementChoice, RejectionCode } from '../engine.js';
import { objections, repaysItself } from './judge-move.js';
import { valueOfEnteringNow } from './lookahead.js';
import { regionReader } from './loss-rate.js';
import {
  isRuledOut,
  type Option,
  optionOf,
  presentOption,
  type RuledOut,
  type Situation,
  situationOf,
} from './option.js';
import { isSamePlace } from '../same-place.js';
import { type LossPerHour, onDemandPlace, type Place, spotPlace } from './place.js';
import { freshSinceOf, rejectionsOf } from './rejections.js';

export interface Choice {
  /** `unpriced`: what the present machine costs is not known, so that nothing can be compared. */
  readonly situation: 'running' | 'lost' | 'unpriced';
  readonly present: Option | null;
  /** Null to stay. */
  readonly target: Option | null;
  readonly standby: PlacementChoice | null;
  /** Spot in the order of the observation, then on demand. */
  readonly options: readonly (Option | RuledOut)[];
}

/**
 * Where the primary and its standby should be, at these rates of loss. Stays unless a move saves more than it costs:
 * at this moment, f_p − f_x > (λ_p + λ_x + 1/H)·K_x, and over the time ahead, ∫S·(f_p − f_x) > K_x.
 */
export function choose(observation: Observation, lossPerHour: LossPerHour): Choice {
  const spot = spotPlacesOf(observation, lossPerHour);
  const usable = spot.filter((place): place is Place => !('pool' in place));
  const situation = situationOf(observation, usable, lossPerHour);
  const places = [...spot, ...onDemandOf(observation)];
  const options = places.map((place) => ('pool' in place ? place : optionOf(place, situation)));
  if (observation.current === null) return land(options, situation);
  if (situation.present === null) return unpriced(options, observation);
  return stayOrMove(options, situation, presentOption(situation.present));
}

function spotPlacesOf(observation: Observation, lossPerHour: LossPerHour): (Place | RuledOut)[] {
  const { at, pools } = observation;
  const now = Date.parse(at) / 1000;
  const freshSince = freshSinceOf(observation);
  const readRegion = regionReader();
  return pools.map((pool) => {
    const rejectedBecause = rejectionsOf(pool, at, freshSince);
    const { usdPerHour, poolId, az } = pool;
    if (rejectedBecause.length > 0 || usdPerHour === null) return { pool, rejectedBecause };
    return spotPlace(pool, { now, region: readRegion(az), usdPerHour, lossPerHour: lossPerHour(poolId) });
  });
}

function onDemandOf({ onDemand, instanceType, current, pools, region }: Observation): Place[] {
  if (onDemand === null) return [];
  const az = current?.az ?? pools[0]?.az ?? `${region}a`;
  return [onDemandPlace(poolIdOf(instanceType, az), onDemand.usdPerHour)];
}

function unpriced(options: readonly (Option | RuledOut)[], { standby }: Observation): Choice {
  const rejected = options.map((option) => reject(option, 'current-price-unknown'));
  return { situation: 'unpriced', present: null, target: null, standby, options: rejected };
}

/** The place that costs least with the way there, of those that pass and repay the way. */
function stayOrMove(options: readonly (Option | RuledOut)[], situation: Situation, present: Option): Choice {
  const judged = judgedIn(options, situation);
  const scoreOf = ({ scoreUsdPerHour }: Option): number => scoreUsdPerHour;
  let target = cheapest(judged, scoreOf);
  while (target !== null && !repaysItself(target, situation)) {
    judged[judged.indexOf(target)] = reject(target, 'saving-too-small');
    target = cheapest(judged, scoreOf);
  }
  const standby = standbyOf(target ?? present, situation);
  return { situation: 'running', present, target, standby, options: passedOver(judged, target) };
}

/** Nothing runs: the cheapest spot place if now is the time to enter it, else on demand. */
function land(options: readonly (Option | RuledOut)[], situation: Situation): Choice {
  const judged = judgedIn(options, situation);
  const onDemand = judged.find((option): option is Option => !isRuledOut(option) && !isSpot(option)) ?? null;
  const best = cheapest(judged.filter(isSpot), costOf);
  const shared = { situation: 'lost', present: null } as const;
  if (onDemand === null) {
    // Limits are no reason to run nowhere.
    const open = best === null ? options : judged;
    const target = best ?? cheapest(open, costOf);
    return { ...shared, target, standby: standbyOf(target, situation), options: passedOver(open, target) };
  }
  const enters = best !== null && valueOfEnteringNow(best, onDemand.place.usdPerHour, situation.losses) > 0;
  const target = enters ? best : onDemand;
  const rest = enters ? judged : judged.map((option) => (isSpot(option) ? kept(option, onDemand) : option));
  return { ...shared, target, standby: standbyOf(target, situation), options: passedOver(rest, target) };
}

/** A spot place that on demand is preferred to: it may become worth it with age, unless it is no cheaper. */
function kept(option: Option | RuledOut, { place: onDemand }: Option): Option | RuledOut {
  if (isRuledOut(option) || option.rejectedBecause.length > 0) return option;
  return reject(option, option.place.usdPerHour < onDemand.usdPerHour ? 'too-young' : 'saving-too-small');
}

function judgedIn(options: readonly (Option | RuledOut)[], situation: Situation): (Option | RuledOut)[] {
  return options.map((option) =>
    isRuledOut(option) || option.isPresent
      ? option
      : { ...option, rejectedBecause: objections(option, situation) },
  );
}

/** Where the workload may have no standby of the engine's, the one that is there is none of its business. */
function standbyOf(primary: Option | null, { observation }: Situation): PlacementChoice | null {
  const { standby, standbyAllowed } = observation;
  if (primary === null) return standby;
  if (standbyAllowed) return primary.cost.standby;
  return standby === null || isSamePlace(standby, primary.place) ? null : standby;
}

function isSpot(option: Option | RuledOut): boolean {
  return isRuledOut(option) || option.place.mode === 'spot';
}

function costOf({ cost }: Option): number {
  return cost.usdPerHour;
}

/** Of those that nothing speaks against; the earlier of two alike. */
function cheapest(options: readonly (Option | RuledOut)[], usdOf: (option: Option) => number): Option | null {
  let best: Option | null = null;
  for (const option of options) {
    if (isRuledOut(option) || option.rejectedBecause.length > 0) continue;
    if (best === null || usdOf(option) < usdOf(best)) best = option;
  }
  return best;
}

function passedOver(
  options: readonly (Option | RuledOut)[],
  target: Option | null,
): readonly (Option | RuledOut)[] {
  return options.map((option) => (option === target ? option : reject(option, 'not-cheapest')));
}

/** Says so of those that nothing else speaks against. */
function reject(option: Option | RuledOut, code: RejectionCode): Option | RuledOut {
  if (isRuledOut(option) || option.rejectedBecause.length > 0) return option;
  return { ...option, rejectedBecause: [code] };
}
