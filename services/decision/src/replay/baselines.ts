import { type MarketView, PromptPolicy, type ReplayAction, type StepObservation } from './policy.js';
import { ON_DEMAND } from './scenario.js';

/** What every other figure is compared with. */
export class OnDemandPolicy extends PromptPolicy {
  override readonly name = 'on-demand';

  override act(): ReplayAction {
    return { primary: ON_DEMAND, replica: null };
  }
}

/** One fixed pool, the cheapest of the first step; on demand while it is away. */
export class SingleSpotPolicy extends PromptPolicy {
  override readonly name = 'single-spot';
  #home = ON_DEMAND;

  constructor(private readonly view: MarketView) {
    super();
  }

  override act(observation: StepObservation): ReplayAction {
    const { primary, replica, step } = observation;
    if (step === 0) {
      this.#home = this.view.cheapest(observation) ?? this.#cheapestAtAll(observation);
      const isUp = this.view.isUp(observation, this.#home);
      return { primary: isUp ? this.#home : ON_DEMAND, replica: null };
    }
    if (primary === null) return { primary: ON_DEMAND, replica: null };
    if (primary.pool === ON_DEMAND && this.view.isUp(observation, this.#home)) {
      if (replica?.ready === true) return { primary: this.#home, replica: null };
      return { primary: ON_DEMAND, replica: this.#home };
    }
    return { primary: primary.pool, replica: null };
  }

  #cheapestAtAll({ prices }: StepObservation): string {
    return this.view.market.pools[prices.indexOf(Math.min(...prices))]?.id ?? ON_DEMAND;
  }
}

const GREEDY_HORIZON_HOURS = 24;

/** The cheapest pool, by a warm move whenever a day of the difference pays for the move. */
export class GreedyPolicy extends PromptPolicy {
  override readonly name = 'greedy';

  constructor(private readonly view: MarketView) {
    super();
  }

  override act(observation: StepObservation): ReplayAction {
    const { primary, replica } = observation;
    const best = this.view.cheapest(observation);
    if (primary === null) return { primary: best ?? ON_DEMAND, replica: null };
    const stay = { primary: primary.pool, replica: null };
    if (best === null || best === primary.pool || !this.#pays(observation, primary.pool, best)) return stay;
    if (replica?.ready === true && replica.pool === best) return { primary: best, replica: null };
    return { primary: primary.pool, replica: best };
  }

  #pays(observation: StepObservation, from: string, to: string): boolean {
    const { market, rules } = this.view;
    const present = this.view.priceOf(observation, from);
    const target = this.view.priceOf(observation, to);
    const moveUsd =
      (target * market.stepSeconds) / 3600 +
      (rules.downtimeWeight * observation.onDemandUsdPerHour * rules.switchReadySeconds) / 3600;
    return (present - target) * GREEDY_HORIZON_HOURS > moveUsd;
  }
}

/** Always two machines, in two zones where that can be had; never a move for the price. */
export class HotStandbyPolicy extends PromptPolicy {
  override readonly name = 'hot-standby';

  constructor(private readonly view: MarketView) {
    super();
  }

  override act(observation: StepObservation): ReplayAction {
    const { primary, replica } = observation;
    if (primary === null) {
      return this.#withSecond(observation, this.view.cheapest(observation) ?? ON_DEMAND);
    }
    const { pool } = primary;
    if (replica === null) return this.#withSecond(observation, pool);
    if (pool === ON_DEMAND && replica.pool !== ON_DEMAND && replica.ready) {
      return this.#withSecond(observation, replica.pool);
    }
    if (replica.pool === ON_DEMAND) return this.#withSecond(observation, pool);
    return { primary: pool, replica: replica.pool };
  }

  #withSecond(observation: StepObservation, primary: string): ReplayAction {
    const zone = this.view.zoneOf(primary);
    const elsewhere = this.view.cheapest(observation, (pool) => this.view.zoneOf(pool) === zone);
    const replica = elsewhere ?? this.view.cheapest(observation, (pool) => pool === primary) ?? ON_DEMAND;
    return { primary, replica };
  }
}
