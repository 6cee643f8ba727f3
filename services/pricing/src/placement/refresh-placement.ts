import type { PlacementScores } from '@spotopt/cloud';
import { type AppError, type Clock, hasCode, toAppError, type UnitOfWork } from '@spotopt/kernel';
import type { MarketFact } from '../market/ports.js';
import type { Offerings } from '../offerings/ports.js';
import type { Market } from '../pools/ports.js';
import type { PlacementStore } from './ports.js';
import { fingerprintOf, type Question, questionOf } from './question.js';

export interface RefreshPlacementDeps {
  readonly uow: UnitOfWork;
  readonly clock: Clock;
  readonly scores: PlacementScores;
  /** Null where it cannot be asked what is sold; neighbours are then looked for among known types. */
  readonly offerings: Offerings | null;
  readonly store: PlacementStore;
  readonly intervalMs: number;
  /** New questions in 24 hours; AWS allows few, and tells the number to nobody. */
  readonly newQuestionsPerDay: number;
}

const DAY_MS = 86_400_000;

/**
 * Placement scores of watched markets. A question that was asked before may be asked again at any time, new ones are
 * few: when they are used up, the last answer stays with its age, and a market that was never asked about has none.
 */
export class RefreshPlacement implements MarketFact {
  readonly kind = 'placement';
  readonly unit = 'market';
  readonly intervalMs: number;

  constructor(private readonly deps: RefreshPlacementDeps) {
    this.intervalMs = deps.intervalMs;
  }

  async read(markets: readonly Market[], signal?: AbortSignal): Promise<void> {
    let refused: AppError | null = null;
    for (const market of markets) {
      if (signal?.aborted === true) return;
      const question = await this.#question(market);
      if (question === null) continue;
      try {
        await this.#refresh(question);
      } catch (error) {
        // One type that AWS does not know must not keep the others of the region from being asked about.
        if (!hasCode(error, 'parameter-invalid')) throw error;
        refused = toAppError(error);
      }
    }
    if (refused !== null) throw refused;
  }

  async #question(market: Market): Promise<Question | null> {
    const { uow, store } = this.deps;
    const chosen = await uow.read((tx) => store.questionOf(tx, market));
    if (chosen !== null) return chosen;
    const { region, instanceType } = market;
    const known = await uow.read((tx) => store.knownTypes(tx, region));
    const question = questionOf(region, instanceType, [...(await this.#family(market)), ...known]);
    if (question !== null) await uow.run((tx) => store.chooseQuestion(tx, market, question));
    return question;
  }

  /** Types of the same family that are sold in the region; none where it may not be asked. */
  async #family({ region, instanceType }: Market): Promise<string[]> {
    const family = `${instanceType.split('.')[0] ?? ''}.*`;
    try {
      const sold = (await this.deps.offerings?.offered(region, [family])) ?? [];
      return sold.map((one) => one.instanceType);
    } catch (error) {
      if (toAppError(error).kind !== 'permanent') throw error;
      return [];
    }
  }

  async #refresh(question: Question): Promise<void> {
    const { uow, clock, scores, store } = this.deps;
    const fingerprint = fingerprintOf(question);
    const asked = await uow.read((tx) => store.asked(tx, fingerprint));
    const at = clock.now();
    // Another market with the same question may have asked it in this run.
    if (asked?.readAt != null && asked.readAt.getTime() > at.getTime() - this.intervalMs) return;
    if (asked === null && !(await this.#admit(question, at))) return;
    try {
      const answer = await scores.scores(question);
      await uow.run((tx) => store.saveAnswer(tx, fingerprint, answer, clock.now()));
    } catch (error) {
      if (!hasCode(error, 'placement-score-limit')) throw error;
      // Others of the account used the questions up; what was answered before stays.
      if (asked?.readAt == null) await uow.run((tx) => store.withdraw(tx, fingerprint));
    }
  }

  #admit(question: Question, at: Date): Promise<boolean> {
    const { uow, store, newQuestionsPerDay: limit } = this.deps;
    const since = new Date(at.getTime() - DAY_MS);
    return uow.run((tx) => store.admit(tx, question, { at, since, limit }));
  }
}
