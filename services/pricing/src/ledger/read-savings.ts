import {
  MAX_SAVINGS_DAYS,
  type RpcRequest,
  type RpcResponse,
  type SavingsReport as SavingsReportRpc,
  type SavingsTotals as SavingsTotalsRpc,
} from '@spotopt/contracts';
import { AppError, type Clock, type Tx, type UnitOfWork } from '@spotopt/kernel';
import { addDays, dayOf, earlierDay, firstDayOfMonth, laterDay, monthOf } from './day.js';
import { actualMicroUsdOf, type Figures, NO_FIGURES, savingsMicroUsdOf, sumOf } from './figures.js';
import { type LiveDays, stillOpen } from './live-days.js';
import { usdOf } from './money.js';
import type { LedgerStore, UsageStore } from './ports.js';
import type { ReportDays } from './report-days.js';
import { periodOf, projectionOf, type ReportDay } from './savings-period.js';
import { trendOf } from './trend.js';

type Report = RpcResponse<typeof SavingsReportRpc>;
type Totals = RpcResponse<typeof SavingsTotalsRpc>;

export interface ReadSavingsDeps {
  readonly uow: UnitOfWork;
  readonly clock: Clock;
  readonly usage: UsageStore;
  readonly ledger: LedgerStore;
  readonly live: LiveDays;
  readonly reportDays: ReportDays;
}

/** Answers what was saved. */
export class ReadSavings {
  constructor(private readonly deps: ReadSavingsDeps) {}

  /** @throws AppError `invalid-range` (permanent) */
  report(request: RpcRequest<typeof SavingsReportRpc>): Promise<Report> {
    const { from, to, by, clientId, agentId } = request;
    assertRange(from, to);
    const nowMs = this.deps.clock.nowMs();
    const monthStart = firstDayOfMonth(to);
    const range = {
      ...{ clientId, agentId },
      from: earlierDay(from, monthStart),
      to: laterDay(to, earlierDay(`${monthOf(to)}-31`, dayOf(nowMs))),
    };
    return this.deps.uow.read(async (tx) => {
      const known = await this.deps.reportDays.read(tx, range);
      const days = known.filter(({ day }) => day >= from && day <= to);
      const inMonth = known.filter(({ day }) => monthOf(day) === monthOf(to));
      const closed = days.filter(({ open }) => !open);
      return {
        periods: by === 'day' ? days.map((day) => periodOf(day.day, [day])) : byMonth(days),
        total: periodOf(`${from}/${to}`, days),
        projection: projectionOf(inMonth, { firstUseMs: await this.#firstUseMs(tx, request), nowMs }),
        trend: trendOf(closed.map(({ figures }) => usdOf(savingsMicroUsdOf(figures)))),
      };
    });
  }

  totals({ clientId }: RpcRequest<typeof SavingsTotalsRpc>): Promise<Totals> {
    const today = dayOf(this.deps.clock.nowMs());
    const month = monthOf(today);
    return this.deps.uow.read(async (tx) => {
      const { ledger, live } = this.deps;
      const range = { clientId, agentId: null, from: '0000-01-01', to: today };
      const open = await live.read(tx, range);
      const closed = { ...range, to: earlierDay(today, addDays(open.from, -1)) };
      const closedOfMonth = { ...closed, from: `${month}-01` };
      const latest = await ledger.days(tx, { ...range, from: open.from });
      const recent = [...latest, ...stillOpen(open.days, latest)];
      const ofMonth = recent.filter(({ day }) => monthOf(day) === month);
      const total = byClient([...(await ledger.sumByClient(tx, closed)), ...recent]);
      const thisMonth = byClient([...(await ledger.sumByClient(tx, closedOfMonth)), ...ofMonth]);
      const clients = [...total].map(([id, figures]) => totalsOf(id, figures, thisMonth.get(id)));
      return { clients: clients.sort((a, b) => (a.clientId < b.clientId ? -1 : 1)) };
    });
  }

  async #firstUseMs(
    tx: Tx,
    { clientId, agentId }: { readonly clientId: string | null; readonly agentId: string | null },
  ): Promise<number> {
    return (await this.deps.usage.firstUseMs(tx, { clientId, agentId })) ?? 0;
  }
}

function assertRange(from: string, to: string): void {
  const days = (Date.parse(to) - Date.parse(from)) / 86_400_000;
  if (days >= 0 && days < MAX_SAVINGS_DAYS) return;
  throw AppError.permanent(
    'invalid-range',
    `from ${from} to ${to} is not a span of 1 to ${String(MAX_SAVINGS_DAYS)} days`,
    {
      details: { field: 'to' },
    },
  );
}

function byMonth(days: readonly ReportDay[]): Report['periods'] {
  const months = Map.groupBy(days, ({ day }) => monthOf(day));
  return [...months].map(([month, ofMonth]) => periodOf(month, ofMonth));
}

function byClient(
  parts: readonly { readonly clientId: string; readonly figures: Figures }[],
): Map<string, Figures> {
  const clients = Map.groupBy(parts, (part) => part.clientId);
  return new Map([...clients].map(([id, own]) => [id, sumOf(own.map((part) => part.figures))]));
}

function totalsOf(
  clientId: string,
  all: Figures,
  thisMonth: Figures = NO_FIGURES,
): Totals['clients'][number] {
  return {
    clientId,
    savingsUsdTotal: usdOf(savingsMicroUsdOf(all)),
    savingsUsdThisMonth: usdOf(savingsMicroUsdOf(thisMonth)),
    onDemandUsdThisMonth: usdOf(thisMonth.onDemandMicroUsd),
    actualUsdThisMonth: usdOf(actualMicroUsdOf(thisMonth)),
    estimatedSavingsUsdTotal: usdOf(all.estimatedSavingsMicroUsd),
  };
}
