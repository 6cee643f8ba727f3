import {
  type Figures,
  ON_DEMAND,
  PromptPolicy,
  replay,
  type ReplayAction,
  type Scenario,
  type StepObservation,
} from '@spotopt/decision/replay';
import { AgeClock } from './age-classes.js';
import { Holdings } from './age-model.js';
import { countTransitions, stateOf } from './count-transitions.js';
import { type AgePolicyTable, solve } from './solve.js';

/** Does what the table says of the ages that it sees. */
class AgePolicy extends PromptPolicy {
  override readonly name = 'age';
  readonly #holdings: Holdings;
  readonly #places: readonly string[];
  readonly #clocks: readonly AgeClock[];

  constructor(
    scenario: Scenario,
    private readonly table: AgePolicyTable,
  ) {
    super();
    this.#holdings = new Holdings(scenario.pools.length);
    this.#places = [ON_DEMAND, ...scenario.pools.map(({ id }) => id)];
    this.#clocks = scenario.pools.map(() => new AgeClock(scenario.stepSeconds / 3600));
  }

  override act({ available, primary, replica }: StepObservation): ReplayAction {
    const state = stateOf(this.#clocks.map((clock, pool) => clock.next(available[pool] === true)));
    const held =
      primary === null
        ? this.#holdings.nothing
        : this.#holdings.of(this.#placeOf(primary.pool), replica === null ? 0 : this.#placeOf(replica.pool));
    const wanted = this.table.holding[state * (this.#holdings.nothing + 1) + held] ?? 0;
    const { primary: target, standby } = this.#holdings.partsOf(wanted);
    return {
      primary: this.#places[target] ?? ON_DEMAND,
      replica: standby === 0 ? null : (this.#places[standby] ?? null),
    };
  }

  #placeOf(pool: string): number {
    return this.#places.indexOf(pool);
  }
}

/**
 * Plays a scenario of one or two pools with the best policy of the ages that were counted on the very scenario. The
 * model is that of the replay while a step is at least as long as a cold launch.
 */
export function playInSample(scenario: Scenario): Figures {
  return replay(scenario, new AgePolicy(scenario, solve(countTransitions(scenario))));
}
