import { type Clock, hasCode, type Tx, type UnitOfWork } from '@spotopt/kernel';
import type { Market, MarketStore, MarkStore } from '../market/ports.js';
import { BUILT_IN_PRIORS, type HazardPriors, type PriorStore } from '../priors/ports.js';
import { type Learner, NOTHING_LEARNED } from '../engine/learner.js';
import { type MarketPast, marketSamples, SAMPLE_MS } from './market-samples.js';
import type { LearningStore, MarketLearning } from './ports.js';

export interface LearnMarketsDeps {
  readonly uow: UnitOfWork;
  readonly clock: Clock;
  readonly markets: MarketStore;
  readonly marks: MarkStore;
  readonly learnings: LearningStore;
  readonly learner: Learner;
  readonly priors: PriorStore;
  /** Name and version of the learner. */
  readonly learnerName: string;
}

const HISTORY_MS = 30 * 86_400_000;
/** AWS tells every price about once a day, also one that did not change. */
const REPEATED_MS = 2 * 86_400_000;
/** News of a time may come after the news that it was read; what was learned without them is never learned again. */
const LATE_MS = 5 * 60_000;
/** Samples between two looks at whether to stop, and at other work that waits. */
const TURN = 500;

interface Lesson {
  readonly known: MarketLearning | null;
  readonly since: Date;
  /** Prices are known up to here; what came later is learned when it was read. */
  readonly until: Date;
  readonly past: MarketPast;
  readonly priorFactor: number;
}

/** Brings what is known of every market up to now; the first time from all the past that is stored. */
export class LearnMarkets {
  constructor(private readonly deps: LearnMarketsDeps) {}

  async execute(signal?: AbortSignal): Promise<void> {
    const markets = await this.deps.uow.read((tx) => this.deps.markets.listMarkets(tx));
    for (const market of markets) {
      if (signal?.aborted === true) return;
      await this.learn(market, signal);
    }
  }

  async learn(market: Market, signal?: AbortSignal): Promise<void> {
    const { uow, learnings, learner, learnerName } = this.deps;
    const read = await this.#read(market);
    if (read === null) return;
    const { known, since, until: end, past, priorFactor } = read;
    let { learned, until } = { learned: known?.learned ?? NOTHING_LEARNED, until: since };
    let samples = 0;
    for (const sample of marketSamples(past, since, end)) {
      learned = learner.learn(learned, { ...sample, priorFactor });
      until = new Date(sample.at * 1000);
      samples += 1;
      if (samples % TURN !== 0) continue;
      await new Promise(setImmediate);
      if (signal?.aborted === true) break;
    }
    if (samples === 0) return;
    const next = { ...market, learned, learnedUntil: until, learner: learnerName };
    try {
      await uow.run((tx) => learnings.save(tx, known, next));
    } catch (error) {
      // Somebody else learned the same.
      if (!hasCode(error, 'version-conflict')) throw error;
    }
  }

  /** Null before the past of the market was fetched: who learned without it would never look back. */
  async #read(market: Market): Promise<Lesson | null> {
    const { uow, markets, learnings, priors } = this.deps;
    return uow.read(async (tx) => {
      const state = await markets.find(tx, market);
      if (state === null || state.refreshedAt === null || state.readUntil === null) return null;
      const now = this.deps.clock.now();
      const found = await learnings.find(tx, market);
      const goesOn = found !== null && this.#goesOn(found);
      const known = found === null || goesOn ? found : { ...found, learned: NOTHING_LEARNED };
      const fitted = await priors.active(tx, market);
      return {
        known,
        until: new Date(Math.min(state.readUntil.getTime(), now.getTime()) - LATE_MS),
        ...(await this.#pastOf(tx, market, goesOn ? found.learnedUntil : null)),
        priorFactor: fitted === null ? 1 : factorOf(fitted),
      };
    });
  }

  #oldest(): Date {
    return new Date(this.deps.clock.nowMs() - HISTORY_MS);
  }

  #goesOn({ learner, learnedUntil }: MarketLearning): boolean {
    return learner === this.deps.learnerName && learnedUntil > this.#oldest();
  }

  async #pastOf(tx: Tx, market: Market, learnedUntil: Date | null): Promise<Pick<Lesson, 'since' | 'past'>> {
    const { clock, markets, marks } = this.deps;
    const from = learnedUntil === null ? this.#oldest() : new Date(learnedUntil.getTime() - REPEATED_MS);
    const pools = await markets.listPools(tx, market);
    const poolIds = pools.map(({ poolId }) => poolId);
    const points = await markets.listPoints(tx, poolIds, from);
    const first = points[0]?.at ?? clock.now();
    const since = learnedUntil ?? new Date(first.getTime() - SAMPLE_MS);
    return { since, past: { pools, points, marks: await marks.listMarks(tx, poolIds, from) } };
  }
}

/** Age of a pool that nothing is known of but that it is up: six hours, as the engine assumes. */
const USUAL_AGE_SECONDS = 6 * 3600;

/** Rate of loss by fitted priors beside that by the built-in ones, at the usual age: α / (β + age). */
function factorOf({ up }: HazardPriors): number {
  const rate = ({ alpha, betaSeconds }: HazardPriors['up']): number =>
    alpha / (betaSeconds + USUAL_AGE_SECONDS);
  return rate(up) / rate(BUILT_IN_PRIORS.up);
}
