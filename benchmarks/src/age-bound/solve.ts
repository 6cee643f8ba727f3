import { REPLAY_RULES } from '@spotopt/decision/replay';
import { type AgeModel, Holdings } from './age-model.js';

/** What a standby's taking over and a new machine cost, in hours on demand. */
const { switchReadySeconds, coldLaunchSeconds, downtimeWeight } = REPLAY_RULES;
const PROMOTION_HOURS = (downtimeWeight * switchReadySeconds) / 3600;
const LAUNCH_HOURS = (downtimeWeight * coldLaunchSeconds) / 3600;

const MAX_SWEEPS = 30_000;
/** Difference of the bounds of the cost rate at which the policy is good enough. */
const TOLERANCE = 1e-5;

export interface AgePolicyTable {
  /** Bounds of what the best policy of the model costs in the long run, as a share of on demand. */
  readonly costRate: { readonly least: number; readonly most: number };
  /** What to hold from now on, by state and what is held after losses. */
  readonly holding: Uint8Array;
}

/**
 * The policy of least cost per hour on the model, by relative value iteration: step by step backwards, until every
 * state costs the same more for one more step.
 */
export function solve(model: AgeModel): AgePolicyTable {
  const iteration = new ValueIteration(model);
  let costRate = { least: Number.NEGATIVE_INFINITY, most: Number.POSITIVE_INFINITY };
  for (let sweep = 0; sweep < MAX_SWEEPS && costRate.most - costRate.least > TOLERANCE; sweep += 1) {
    costRate = iteration.sweep();
  }
  return { costRate, holding: iteration.policy() };
}

class ValueIteration {
  readonly #holdings: Holdings;
  /** Numbers of holdings, that of nothing included. */
  readonly #width: number;
  /** By state and holding: from the step in which it is held. Infinite where a pool of it is away. */
  readonly #held: Float64Array;
  /** The same from the losses of the next step on, for what was held before them. */
  readonly #carried: Float64Array;
  /** Of the state at hand, by place of the primary: the best standby. */
  readonly #bestStandby: Uint8Array;
  readonly #withBest: Float64Array;

  constructor(private readonly model: AgeModel) {
    this.#holdings = new Holdings(model.prices.length);
    this.#width = this.#holdings.nothing + 1;
    this.#held = new Float64Array(model.states * this.#width).fill(Number.POSITIVE_INFINITY);
    this.#carried = new Float64Array(model.states * this.#width);
    this.#bestStandby = new Uint8Array(this.#holdings.places);
    this.#withBest = new Float64Array(this.#holdings.places);
    for (let state = 0; state < model.states; state += 1) {
      for (const { primary, standby, holding } of this.#holdings.all) {
        if (this.#isUp(state, primary) && this.#isUp(state, standby)) {
          this.#held[state * this.#width + holding] = 0;
        }
      }
    }
  }

  /** One more step ahead; answers the bounds of the cost rate. */
  sweep(): { least: number; most: number } {
    const { states, begin, stepHours } = this.model;
    for (let state = 0; state < states; state += 1) this.#lose(state);
    let least = Number.POSITIVE_INFINITY;
    let most = Number.NEGATIVE_INFINITY;
    const rents = this.#holdings.all.map(
      ({ primary, standby }) => (this.#price(primary, 1) + this.#price(standby, 0)) * stepHours,
    );
    for (let state = 0; state < states; state += 1) {
      if (begin[state] === begin[state + 1]) continue;
      for (const [index, { holding }] of this.#holdings.all.entries()) {
        const at = state * this.#width + holding;
        const before = this.#held[at] ?? 0;
        if (before === Number.POSITIVE_INFINITY) continue;
        const after = (rents[index] ?? 0) + this.#expected(state, holding);
        this.#held[at] = after;
        least = Math.min(least, after - before);
        most = Math.max(most, after - before);
      }
    }
    // Only differences matter; without this they would drown in a growing sum.
    for (let at = 0; at < this.#held.length; at += 1) this.#held[at] = (this.#held[at] ?? 0) - least;
    return { least: least / stepHours, most: most / stepHours };
  }

  policy(): Uint8Array {
    const { nothing, all } = this.#holdings;
    const table = new Uint8Array(this.#held.length);
    for (let state = 0; state < this.model.states; state += 1) {
      this.#lose(state);
      const choose = (primary: number, standby: number): number => {
        const target = this.#bestMove(primary, standby).target;
        return this.#holdings.of(target, this.#bestStandby[target] ?? 0);
      };
      for (const { primary, standby, holding } of all) {
        table[state * this.#width + holding] = choose(primary, standby);
      }
      table[state * this.#width + nothing] = choose(-1, 0);
    }
    return table;
  }

  /** What is held before the losses of this state comes to, with the best decision after them. */
  #lose(state: number): void {
    this.#chooseStandbys(state);
    const launch = this.#bestMove(-1, 0).cost;
    for (const { primary, standby, holding } of this.#holdings.all) {
      const isStandbyUp = standby !== 0 && this.#isUp(state, standby);
      let cost = launch;
      if (this.#isUp(state, primary)) cost = this.#bestMove(primary, isStandbyUp ? standby : 0).cost;
      else if (isStandbyUp) cost = PROMOTION_HOURS + this.#bestMove(standby, 0).cost;
      this.#carried[state * this.#width + holding] = cost;
    }
  }

  #chooseStandbys(state: number): void {
    this.#withBest.fill(Number.POSITIVE_INFINITY);
    for (const { primary, standby, holding } of this.#holdings.all) {
      const cost = this.#held[state * this.#width + holding] ?? 0;
      if (cost >= (this.#withBest[primary] ?? 0)) continue;
      this.#withBest[primary] = cost;
      this.#bestStandby[primary] = standby;
    }
  }

  /** @param primary -1 where none runs */
  #bestMove(primary: number, standby: number): { cost: number; target: number } {
    let cost = Number.POSITIVE_INFINITY;
    let best = 0;
    for (let target = 0; target < this.#withBest.length; target += 1) {
      const isPromotion = target !== 0 && target === standby;
      const move = target === primary ? 0 : isPromotion ? PROMOTION_HOURS : LAUNCH_HOURS;
      const total = move + (this.#withBest[target] ?? 0);
      if (total >= cost) continue;
      cost = total;
      best = target;
    }
    return { cost, target: best };
  }

  #expected(state: number, holding: number): number {
    const { begin, next, chance } = this.model;
    const end = begin[state + 1] ?? 0;
    let total = 0;
    for (let at = begin[state] ?? 0; at < end; at += 1) {
      total += (chance[at] ?? 0) * (this.#carried[(next[at] ?? 0) * this.#width + holding] ?? 0);
    }
    return total;
  }

  #isUp(state: number, place: number): boolean {
    return place === 0 || this.model.isUp[place - 1]?.[state] === 1;
  }

  /** @param atZero that of place 0: on demand for a primary, none for a standby */
  #price(place: number, atZero: number): number {
    return place === 0 ? atZero : (this.model.prices[place - 1] ?? 0);
  }
}
