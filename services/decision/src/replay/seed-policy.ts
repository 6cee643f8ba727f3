import { ChangeLimits } from './change-limits.js';
import { PoolReadings } from './pool-readings.js';
import { type MarketView, PromptPolicy, type ReplayAction, type StepObservation } from './policy.js';
import { ON_DEMAND } from './scenario.js';

const DAY_S = 86_400;
const MIN_SAVING = 0.3;
const MAX_RISK = 0.3;

/**
 * The published rule with its limits, written down once more as the replay model states it, so that the engine of
 * the same name can be held against it.
 */
export class SeedPolicy extends PromptPolicy {
  override readonly name: string;
  readonly #readings: PoolReadings;
  readonly #limits = new ChangeLimits(DAY_S);

  /** @param age `pool`: hours since the pool was last away. `new`: none, as of the machine to be launched. */
  constructor(
    private readonly view: MarketView,
    private readonly age: 'pool' | 'new' = 'pool',
  ) {
    super();
    this.name = age === 'pool' ? 'seed' : 'seed-age0';
    this.#readings = new PoolReadings(view.market.pools.length, view.market.stepSeconds);
  }

  override act(observation: StepObservation): ReplayAction {
    this.#readings.observe(observation);
    const { atS, primary } = observation;
    this.#limits.see(primary?.pool ?? null, atS);
    const action = this.#decide(observation);
    this.#limits.see(action.primary, atS);
    return action;
  }

  #decide(observation: StepObservation): ReplayAction {
    const { atS, primary, replica, step } = observation;
    if (step === 0 || primary === null) return { primary: ON_DEMAND, replica: null };
    const candidate = replica?.ready === true ? this.view.indexOf(replica.pool) : undefined;
    if (replica !== null && candidate !== undefined && this.#passes(observation, candidate)) {
      return { primary: replica.pool, replica: null };
    }
    const stay = { primary: primary.pool, replica: null };
    return this.#limits.allowChange(atS) ? { ...stay, replica: this.#best(observation) } : stay;
  }

  #best(observation: StepObservation): string | null {
    let best: string | null = null;
    let bestUsd = Number.POSITIVE_INFINITY;
    for (const [index, { id }] of this.view.market.pools.entries()) {
      const usd = observation.prices[index] ?? Number.POSITIVE_INFINITY;
      if (usd >= bestUsd || !this.#passes(observation, index)) continue;
      best = id;
      bestUsd = usd;
    }
    return best;
  }

  #passes(observation: StepObservation, index: number): boolean {
    const current = observation.primary?.pool ?? ON_DEMAND;
    const present = this.view.priceOf(observation, current);
    const usd = observation.prices[index] ?? Number.POSITIVE_INFINITY;
    return (
      observation.available[index] === true &&
      this.view.market.pools[index]?.id !== current &&
      present > 0 &&
      (present - usd) / present > MIN_SAVING &&
      this.#risk(index) < MAX_RISK
    );
  }

  #risk(index: number): number {
    const reading = this.#readings.read(index);
    const ageHours = this.age === 'pool' ? reading.quietHours : 0;
    return (
      (0.4 * reading.interruptions30d) / 30 +
      0.3 * reading.volatility24h +
      0.2 / (ageHours + 1) +
      0.1 * (reading.rising ? 1 : 0.5)
    );
  }
}
