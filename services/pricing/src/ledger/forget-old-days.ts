import type { Clock, Tx, UnitOfWork } from '@spotopt/kernel';
import { DAY_MS, dayOf, startOfDayMs } from './day.js';
import type { LedgerStore, SettledCostStore, UsageStore } from './ports.js';

export interface ForgetOldDaysDeps {
  readonly uow: UnitOfWork;
  readonly clock: Clock;
  readonly usage: UsageStore;
  readonly ledger: LedgerStore;
  readonly settled: SettledCostStore;
}

export interface ForgetOldDaysSettings {
  /** How long closed days, settled costs and ended machines stay. */
  readonly keepDays: number;
  /** Rows that one transaction deletes. @default 200 */
  readonly chunk?: number;
}

export interface ForgottenRows {
  readonly days: number;
  readonly settledCosts: number;
  readonly machines: number;
  readonly strayFacts: number;
  readonly occurrences: number;
}

/** Deletes what is older than the ledger reaches back, in small transactions: it may run at any time. */
export class ForgetOldDays {
  constructor(
    private readonly deps: ForgetOldDaysDeps,
    private readonly settings: ForgetOldDaysSettings,
  ) {}

  async execute(signal?: AbortSignal): Promise<ForgottenRows> {
    const { usage, ledger, settled, clock } = this.deps;
    const day = dayOf(clock.nowMs() - this.settings.keepDays * DAY_MS);
    // Not a machine of a day that stays: closing that day again would miss it.
    const beforeMs = startOfDayMs(day);
    return {
      days: await this.#inChunks(signal, (tx, limit) => ledger.deleteBefore(tx, day, limit)),
      settledCosts: await this.#inChunks(signal, (tx, limit) => settled.deleteBefore(tx, day, limit)),
      machines: await this.#inChunks(signal, (tx, limit) => usage.deleteEndedBefore(tx, beforeMs, limit)),
      strayFacts: await this.#inChunks(signal, (tx, limit) =>
        usage.deleteStrayFactsBefore(tx, beforeMs, limit),
      ),
      occurrences: await this.#inChunks(signal, (tx, limit) =>
        usage.deleteOccurrencesBefore(tx, beforeMs, limit),
      ),
    };
  }

  async #inChunks(
    signal: AbortSignal | undefined,
    deleteSome: (tx: Tx, limit: number) => Promise<number>,
  ): Promise<number> {
    const { chunk = 200 } = this.settings;
    for (let total = 0; ;) {
      const deleted = await this.deps.uow.run((tx) => deleteSome(tx, chunk));
      total += deleted;
      if (deleted < chunk || signal?.aborted === true) return total;
    }
  }
}
