import type { CloseDay as CloseDayRpc, RpcRequest, RpcResponse } from '@spotopt/contracts';
import { AppError, type Clock, type UnitOfWork } from '@spotopt/kernel';
import type { CloseDay, CloseDaySettings } from './close-day.js';
import { firstPricedDay } from './closing-plan.js';
import { DAY_MS, dayOf, startOfDayMs } from './day.js';
import { usdOf } from './money.js';
import type { LedgerScope, LedgerStore, UsageStore } from './ports.js';

export interface CloseOnDemandDeps {
  readonly uow: UnitOfWork;
  readonly clock: Clock;
  readonly usage: UsageStore;
  readonly ledger: LedgerStore;
  readonly closeDay: CloseDay;
}

/** Somebody wants a past day closed again, for example after late prices. */
export class CloseOnDemand {
  constructor(
    private readonly deps: CloseOnDemandDeps,
    private readonly settings: CloseDaySettings,
  ) {}

  /** @throws AppError `day-not-over` or `prices-gone` (permanent) */
  async execute({ day, clientId }: RpcRequest<typeof CloseDayRpc>): Promise<RpcResponse<typeof CloseDayRpc>> {
    this.#assertClosable(day);
    const changed: RpcResponse<typeof CloseDayRpc>['changed'] = [];
    let agents = 0;
    for (const agent of await this.#agentsOf({ clientId, agentId: null }, day)) {
      const result = await this.deps.closeDay.execute({ ...agent, day });
      if (result === null) continue;
      agents += 1;
      if (!result.changed) continue;
      changed.push({
        clientId: result.clientId,
        agentId: result.agentId,
        revision: result.revision,
        savingsUsdBefore: result.savingsBefore === null ? null : usdOf(result.savingsBefore),
        savingsUsdAfter: usdOf(result.savingsAfter),
      });
    }
    return { agents, changed };
  }

  #assertClosable(day: string): void {
    const nowMs = this.deps.clock.nowMs();
    const options = { details: { field: 'day' } };
    if (day >= dayOf(nowMs)) {
      throw AppError.permanent('day-not-over', `${day} is not over yet in UTC`, options);
    }
    const first = firstPricedDay(nowMs, this.settings.priceRetentionDays);
    if (day < first) {
      const message = `the prices of ${day} are no longer kept; the first day that can be closed is ${first}`;
      throw AppError.permanent('prices-gone', message, options);
    }
  }

  /** Those that ran anything, that something happened to, or whose day was closed before. */
  #agentsOf(scope: LedgerScope, day: string): Promise<{ agentId: string; clientId: string }[]> {
    const fromMs = startOfDayMs(day);
    const window = { ...scope, fromMs, untilMs: fromMs + DAY_MS };
    return this.deps.uow.read(async (tx) => {
      const { usage, ledger } = this.deps;
      const machines = await usage.machinesIn(tx, window);
      const found = [
        ...machines.flatMap(({ intervals }) => intervals),
        ...(await usage.occurrencesIn(tx, window)),
        ...(await ledger.closings(tx, { ...scope, from: day, to: day })),
      ];
      const clients = new Map(found.map(({ agentId, clientId }) => [agentId, clientId]));
      return [...clients].map(([agentId, clientId]) => ({ agentId, clientId })).sort(byAgent);
    });
  }
}

function byAgent(a: { readonly agentId: string }, b: { readonly agentId: string }): number {
  return a.agentId < b.agentId ? -1 : 1;
}
