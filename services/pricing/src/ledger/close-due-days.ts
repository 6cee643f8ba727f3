import type { Clock, Failpoints, UnitOfWork } from '@spotopt/kernel';
import type { CloseDay } from './close-day.js';
import { daysToClose } from './closing-plan.js';
import { dayOf } from './day.js';
import type { LedgerAgent, UsageStore } from './ports.js';

export interface CloseDueDaysDeps {
  readonly uow: UnitOfWork;
  readonly clock: Clock;
  readonly failpoints: Failpoints;
  readonly usage: UsageStore;
  readonly closeDay: CloseDay;
}

export interface CloseDueDaysSettings {
  /** How long after midnight UTC a day is closed, so that its last prices are there. */
  readonly delayMs: number;
  /** Workloads that are read at once. @default 100 */
  readonly batch?: number;
}

/**
 * Closes what is due of every workload, once a night. A workload's progress moves only after its days are closed,
 * so that a run that is killed anywhere is simply run again: it finds the days closed and changes nothing.
 */
export class CloseDueDays {
  constructor(
    private readonly deps: CloseDueDaysDeps,
    private readonly settings: CloseDueDaysSettings,
  ) {}

  /** @throws the first error, after every other workload was closed */
  async execute(signal?: AbortSignal): Promise<void> {
    const { delayMs, batch: limit = 100 } = this.settings;
    const today = dayOf(this.deps.clock.nowMs() - delayMs);
    const errors: unknown[] = [];
    for (let after = ''; ;) {
      const page = await this.deps.uow.read((tx) => this.deps.usage.listDue(tx, { today, after, limit }));
      for (const agent of page) {
        if (signal?.aborted === true) return;
        await this.#closeAgent(agent, today, signal).catch((error: unknown) => errors.push(error));
      }
      const last = page.at(-1);
      if (last === undefined) break;
      after = last.agentId;
    }
    if (errors.length > 0) throw errors[0];
  }

  async #closeAgent(agent: LedgerAgent, today: string, signal: AbortSignal | undefined): Promise<void> {
    for (const day of daysToClose(agent, today)) {
      if (signal?.aborted === true) return;
      await this.deps.closeDay.execute({ ...agent, day });
    }
    // Refused when news changed a day meanwhile: then the next run begins there.
    await this.deps.uow.run((tx) => this.deps.usage.setNextDay(tx, agent, today));
    this.deps.failpoints.hit('pricing.ledger.agent-closed');
  }
}
