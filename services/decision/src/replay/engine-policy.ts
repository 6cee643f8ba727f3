import type { Observation, Proposal } from '../engine/ports.js';
import { ChangeLimits } from './change-limits.js';
import { executeProposal, executeSeedRule } from './execute-proposal.js';
import { type Learned, type Learner, NOTHING_LEARNED } from '../engine/learner.js';
import { PoolReadings } from './pool-readings.js';
import { MarketView, type ReplayAction, ReplayPolicy, type StepObservation } from './policy.js';
import { NO_LIMITS, ReplayTranslator, SEED_RULE_LIMITS } from './replay-observation.js';
import { ON_DEMAND, type ReplayMarket, type ReplayRules } from './scenario.js';

/** What engines are told of past changes of primary. */
const CHANGES_S = 7 * 86_400;

/** Its limits are part of the published rule, and who carries it out keeps some of them. */
const SEED_RULE = 'seed-rule';

/** An engine as the replay asks it: compiled in, or in a process of its own. */
export interface ProposingEngine {
  readonly name: string;
  propose(observation: Observation): Proposal | Promise<Proposal>;
  /** For an engine that looks at beliefs. */
  readonly learner?: Learner | null;
}

/** Plays a scenario by an engine's proposals. */
export class EnginePolicy extends ReplayPolicy {
  override readonly name: string;
  readonly #readings: PoolReadings;
  readonly #translator: ReplayTranslator;
  readonly #view: MarketView;
  readonly #limits = new ChangeLimits(CHANGES_S);
  #learned: Learned = NOTHING_LEARNED;

  constructor(
    private readonly engine: ProposingEngine,
    market: ReplayMarket,
    rules: ReplayRules,
  ) {
    super();
    this.name = engine.name;
    this.#readings = new PoolReadings(market.pools.length, market.stepSeconds);
    this.#translator = new ReplayTranslator(
      market,
      rules,
      engine.name === SEED_RULE ? SEED_RULE_LIMITS : NO_LIMITS,
    );
    this.#view = new MarketView(market, rules);
  }

  override act(step: StepObservation): ReplayAction | Promise<ReplayAction> {
    const proposal = this.engine.propose(this.#observe(step));
    if (proposal instanceof Promise) return proposal.then((answer) => this.#execute(step, answer));
    return this.#execute(step, proposal);
  }

  #observe(step: StepObservation): Observation {
    const translator = this.#translator;
    this.#readings.observe(step);
    this.#limits.see(step.primary?.pool ?? null, step.atS);
    const learner = this.engine.learner ?? null;
    if (learner !== null) this.#learned = learner.learn(this.#learned, translator.sampleOf(step));
    const { changesAtS } = this.#limits;
    return translator.observationOf({ step, readings: this.#readings, learned: this.#learned, changesAtS });
  }

  #execute(step: StepObservation, proposal: Proposal): ReplayAction {
    const idOf = this.#translator.replayIdOf.bind(this.#translator);
    const action =
      this.engine.name === SEED_RULE
        ? executeSeedRule(step, proposal, idOf, this.#limits)
        : executeProposal(step, proposal, idOf);
    this.#limits.see(this.#primaryAfter(step, action), step.atS);
    return action;
  }

  /** A launch in a pool that is away fails, and a lost primary ends up on demand. */
  #primaryAfter(step: StepObservation, { primary }: ReplayAction): string | null {
    const present = step.primary?.pool ?? null;
    if (primary !== null && this.#view.isUp(step, primary)) return primary;
    return present ?? ON_DEMAND;
  }
}
