import { createEvent, DayClosedV1 } from '@spotopt/contracts';
import { isDeepStrictEqual } from 'node:util';
import type { Clock, Failpoints, Ids, Outbox, Tx, UnitOfWork } from '@spotopt/kernel';
import type { AgentDay, ComputeDays } from './compute-days.js';
import { firstPricedDay } from './closing-plan.js';
import { DAY_MS, startOfDayMs } from './day.js';
import { changedFigures, NO_FIGURES, savingsMicroUsdOf, toLedgerFigures } from './figures.js';
import { type MicroUsd, usdOf } from './money.js';
import type { ClosedDay, LedgerStore, UsageStore } from './ports.js';

export interface CloseDayDeps {
  readonly uow: UnitOfWork;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly failpoints: Failpoints;
  readonly usage: UsageStore;
  readonly ledger: LedgerStore;
  readonly computeDays: ComputeDays;
}

export interface CloseDaySettings {
  readonly priceRetentionDays: number;
}

export interface ClosingResult {
  readonly clientId: string;
  readonly agentId: string;
  readonly revision: number;
  readonly changed: boolean;
  /** Null for the first closing. */
  readonly savingsBefore: MicroUsd | null;
  readonly savingsAfter: MicroUsd;
}

interface AgentAndDay {
  readonly agentId: string;
  readonly clientId: string;
  readonly day: string;
}

/**
 * Closes one day of one workload in one transaction: figures, lines, history and event together. Closing it again
 * works it out again; unless a figure differs nobody is told, and at most the lines are written anew. A closed day whose prices are
 * no longer kept stays as it is: without them, what was measured would turn into nothing.
 */
export class CloseDay {
  constructor(
    private readonly deps: CloseDayDeps,
    private readonly settings: CloseDaySettings,
  ) {}

  /** @returns null for a day on which nothing ran and nothing happened */
  async execute(of: AgentAndDay): Promise<ClosingResult | null> {
    const result = await this.deps.uow.run(async (tx) => {
      await this.deps.usage.lockAgent(tx, of);
      const before = await this.deps.ledger.findDay(tx, of.agentId, of.day);
      if (before !== null && !this.#hasPrices(of.day)) return unchanged(before);
      const after = await this.#compute(tx, of);
      if (after === null && before === null) return null;
      return this.#close(tx, before, after ?? { ...of, ...NOTHING });
    });
    this.deps.failpoints.hit('pricing.ledger.day-closed');
    return result;
  }

  #hasPrices(day: string): boolean {
    return day >= firstPricedDay(this.deps.clock.nowMs(), this.settings.priceRetentionDays);
  }

  async #compute(tx: Tx, { agentId, day }: AgentAndDay): Promise<AgentDay | null> {
    const fromMs = startOfDayMs(day);
    const range = { clientId: null, agentId, fromMs, untilMs: fromMs + DAY_MS };
    const [computed] = await this.deps.computeDays.execute(tx, range);
    return computed ?? null;
  }

  async #close(tx: Tx, before: ClosedDay | null, after: AgentDay): Promise<ClosingResult> {
    const { agentId, clientId, day, figures, counterfactualMicroUsd } = after;
    const changed = before === null ? [] : changesOf(before, after);
    if (before !== null && changed.length === 0) {
      await this.#keepLines(tx, after);
      return unchanged(before);
    }
    const savingsBefore = before === null ? null : savingsMicroUsdOf(before.figures);
    const closing = {
      ...{ agentId, clientId, day, figures, counterfactualMicroUsd, changed },
      revision: (before?.revision ?? 0) + 1,
      closedAt: this.deps.clock.now(),
    };
    await this.deps.ledger.addClosing(tx, closing, after.lines);
    this.deps.failpoints.hit('pricing.ledger.day-written');
    await this.#announce(tx, closing, savingsBefore);
    const savingsAfter = savingsMicroUsdOf(figures);
    return { clientId, agentId, revision: closing.revision, changed: true, savingsBefore, savingsAfter };
  }

  /** Other lines may come to the same figures; a day is shown with those that hold now. */
  async #keepLines(tx: Tx, { agentId, clientId, day, lines }: AgentDay): Promise<void> {
    const { ledger } = this.deps;
    const stored = await ledger.lines(tx, { agentId, clientId, from: day, to: day });
    if (!isDeepStrictEqual(stored, lines)) await ledger.replaceLines(tx, { agentId, day }, lines);
  }

  async #announce(tx: Tx, closing: ClosedDay, savingsBefore: MicroUsd | null): Promise<void> {
    const { agentId, clientId, day, revision, closedAt, figures } = closing;
    await this.deps.outbox.add(
      tx,
      createEvent(DayClosedV1, {
        id: this.deps.ids.next(),
        time: closedAt,
        subject: agentId,
        data: {
          ...{ clientId, agentId, day, revision },
          figures: toLedgerFigures(figures),
          previousSavingsUsd: savingsBefore === null ? null : usdOf(savingsBefore),
          closedAt: closedAt.toISOString(),
        },
      }),
    );
  }
}

function changesOf(before: ClosedDay, after: AgentDay): string[] {
  const changed = changedFigures(before.figures, after.figures);
  const isSame = before.counterfactualMicroUsd === after.counterfactualMicroUsd;
  return isSame ? changed : [...changed, 'counterfactualUsd'];
}

function unchanged({ clientId, agentId, revision, figures }: ClosedDay): ClosingResult {
  const savings = savingsMicroUsdOf(figures);
  return { clientId, agentId, revision, changed: false, savingsBefore: savings, savingsAfter: savings };
}

/** What is left of a closed day when it turns out that nothing ran. */
const NOTHING = { lines: [], figures: NO_FIGURES, counterfactualMicroUsd: 0 } as const;
