import { createEvent, DayClosedV1 } from '@spotopt/contracts';
import type { Clock, Failpoints, Ids, Outbox, Tx, UnitOfWork } from '@spotopt/kernel';
import type { AgentDay, ComputeDays } from './compute-days.js';
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
 * works it out again; unless a figure differs nothing is written and nobody is told.
 */
export class CloseDay {
  constructor(private readonly deps: CloseDayDeps) {}

  /** @returns null for a day on which nothing ran and nothing happened */
  async execute(of: AgentAndDay): Promise<ClosingResult | null> {
    const result = await this.deps.uow.run(async (tx) => {
      await this.deps.usage.lockAgent(tx, of);
      const before = await this.deps.ledger.findDay(tx, of.agentId, of.day);
      const after = await this.#compute(tx, of);
      if (after === null && before === null) return null;
      return this.#close(tx, before, after ?? { ...of, ...NOTHING });
    });
    this.deps.failpoints.hit('pricing.ledger.day-closed');
    return result;
  }

  async #compute(tx: Tx, { agentId, day }: AgentAndDay): Promise<AgentDay | null> {
    const fromMs = startOfDayMs(day);
    const range = { clientId: null, agentId, fromMs, untilMs: fromMs + DAY_MS };
    const [computed] = await this.deps.computeDays.execute(tx, range);
    return computed ?? null;
  }

  async #close(tx: Tx, before: ClosedDay | null, after: AgentDay): Promise<ClosingResult> {
    const { agentId, clientId, day, figures, counterfactualMicroUsd } = after;
    const changed = before === null ? [] : changedFigures(before.figures, figures);
    const isSame =
      before !== null && changed.length === 0 && before.counterfactualMicroUsd === counterfactualMicroUsd;
    const savingsBefore = before === null ? null : savingsMicroUsdOf(before.figures);
    const savingsAfter = savingsMicroUsdOf(figures);
    if (isSame) {
      const { revision } = before;
      return { clientId, agentId, revision, changed: false, savingsBefore, savingsAfter };
    }
    const closing = {
      ...{ agentId, clientId, day, figures, counterfactualMicroUsd, changed },
      revision: (before?.revision ?? 0) + 1,
      closedAt: this.deps.clock.now(),
    };
    await this.deps.ledger.addClosing(tx, closing, after.lines);
    this.deps.failpoints.hit('pricing.ledger.day-written');
    await this.#announce(tx, closing, savingsBefore);
    return { clientId, agentId, revision: closing.revision, changed: true, savingsBefore, savingsAfter };
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

/** What is left of a closed day when it turns out that nothing ran. */
const NOTHING = { lines: [], figures: NO_FIGURES, counterfactualMicroUsd: 0 } as const;
