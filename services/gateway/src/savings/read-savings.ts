import { LedgerDay, MAX_SAVINGS_DAYS, SavingsReport, SavingsTotals } from '@spotopt/contracts';
import type { RpcResponse } from '@spotopt/contracts';
import type { CostsRoute, QueryOf, ResponseOf, SavingsRoute } from '@spotopt/contracts/http';
import type { Clock } from '@spotopt/kernel';
import type { ClientRegister } from '../access/ports.js';
import type { AgentDirectory } from '../agents/ports.js';
import { notFound, tenantInPath } from '../caller.js';
import type { Caller } from '../caller.js';
import { invalidRequest } from '../invalid-body.js';
import type { ServiceRequests } from '../ports.js';
import { dayOf, daysBefore, daysBetween, firstWholeMonth, monthStart } from './days.js';
import { savingsDetail, toCosts, toProjection, toSavingsItem } from './savings-wire.js';
import { NO_SAVINGS } from './sum-totals.js';

type Report = RpcResponse<typeof SavingsReport>;
type Savings = ResponseOf<typeof SavingsRoute>;
type Query = QueryOf<typeof SavingsRoute>;

export interface ReadSavingsParts {
  readonly requests: ServiceRequests;
  readonly clients: ClientRegister;
  readonly directory: AgentDirectory;
  readonly clock: Clock;
}

interface Scope {
  readonly clientId: string;
  readonly agentId: string | null;
  /** Day on which the tenant began. */
  readonly since: string;
}

const SHOWN_MONTHS = 12;
const DEFAULT_DAYS = 30;
const MAX_DAYS = 366;
/** Adding up years takes longer than a page. */
const REPORT = { timeoutMs: 10_000 };

/** What a tenant saved, from the cost ledger (S1, S7). */
export class ReadSavings {
  constructor(private readonly parts: ReadSavingsParts) {}

  async savings(caller: Caller, clientId: string, query: Query): Promise<Savings> {
    const scope = await this.#scope(caller, clientId, query.agent_id);
    if (query.range === 'monthly') return this.#months(scope);
    return query.range === 'daily' ? this.#days(scope, query) : this.#total(scope);
  }

  async costs(
    caller: Caller,
    clientId: string,
    query: QueryOf<typeof CostsRoute>,
  ): Promise<ResponseOf<typeof CostsRoute>> {
    const { agentId } = await this.#scope(caller, clientId, query.agent_id);
    const day = query.day ?? this.#today();
    return toCosts(await this.parts.requests.ask(LedgerDay, { clientId, agentId, day }));
  }

  /** Every month since the tenant began, as far back as a report reaches. */
  async allMonths(caller: Caller, clientId: string): Promise<Report['periods']> {
    const scope = await this.#scope(caller, clientId, undefined);
    const from = this.#reportable(monthStart(scope.since));
    return (await this.#report(scope, { from, to: this.#today(), by: 'month' })).periods;
  }

  async recentMonths(caller: Caller, clientId: string): Promise<Report['periods']> {
    return (await this.#recent(await this.#scope(caller, clientId, undefined))).periods;
  }

  async #total(scope: Scope): Promise<Savings> {
    const earliest = monthStart(this.#today(), SHOWN_MONTHS - 1);
    const from = this.#reportable(scope.since < earliest ? monthStart(scope.since) : earliest);
    const [report, { clients }] = await Promise.all([
      this.#report(scope, { from, to: this.#today(), by: 'month' }),
      this.parts.requests.ask(SavingsTotals, { clientId: scope.clientId }),
    ]);
    const { total, periods } = report;
    const ofTenant = clients.find((totals) => totals.clientId === scope.clientId) ?? NO_SAVINGS;
    const month = periods.find(({ period }) => period === this.#today().slice(0, 7))?.savingsUsd ?? 0;
    // The ledger's own totals count what is older than the report too.
    const all = scope.agentId === null ? ofTenant.savingsUsdTotal : total.savingsUsd;
    const thisMonth = scope.agentId === null ? ofTenant.savingsUsdThisMonth : month;
    return {
      client_id: scope.clientId,
      total_savings_usd: all,
      total_savings: all,
      savings_this_month: thisMonth,
      monthly_savings: thisMonth,
      on_demand_cost: total.onDemandUsd,
      actual_cost: total.actualUsd,
      ...savingsDetail(total),
      savings_percent: total.savingsPercent,
      average_savings_percent: total.savingsPercent,
      savings_by_month: periods
        .slice(-SHOWN_MONTHS)
        .map(({ period, savingsUsd }) => ({ month: period, savings: savingsUsd })),
      from,
      projection: toProjection(report.projection),
      trend: report.trend,
    };
  }

  async #months(scope: Scope): Promise<Savings> {
    const report = await this.#recent(scope);
    const months = report.periods.slice(-SHOWN_MONTHS).map(toSavingsItem);
    return { months, total: months.length, projection: toProjection(report.projection), trend: report.trend };
  }

  async #days(scope: Scope, query: Query): Promise<Savings> {
    const to = query.to ?? this.#today();
    const from = query.from ?? daysBefore(to, DEFAULT_DAYS - 1);
    if (from > to) throw invalidRequest([{ path: ['from'], message: 'must not be after the last day' }]);
    if (daysBetween(from, to) >= MAX_DAYS) {
      throw invalidRequest([{ path: ['from'], message: `at most ${String(MAX_DAYS)} days at once` }]);
    }
    const report = await this.#report(scope, { from, to, by: 'day' });
    const days = report.periods.map(toSavingsItem);
    return { days, total: days.length, from, to, trend: report.trend };
  }

  #recent(scope: Scope): Promise<Report> {
    const from = monthStart(this.#today(), SHOWN_MONTHS - 1);
    return this.#report(scope, { from, to: this.#today(), by: 'month' });
  }

  #report(
    { clientId, agentId }: Scope,
    window: { from: string; to: string; by: 'day' | 'month' },
  ): Promise<Report> {
    return this.parts.requests.ask(SavingsReport, { clientId, agentId, ...window }, REPORT);
  }

  /** The owner refuses longer spans. Whole months, lest the first one look like a poor month. */
  #reportable(from: string): string {
    const earliest = firstWholeMonth(daysBefore(this.#today(), MAX_SAVINGS_DAYS - 1));
    return from < earliest ? earliest : from;
  }

  #today(): string {
    return dayOf(this.parts.clock.nowMs());
  }

  async #scope(caller: Caller, clientId: string, agentRef: string | undefined): Promise<Scope> {
    const { clients, directory } = this.parts;
    const client = await clients.get(tenantInPath(caller, clientId));
    const since = dayOf(client.createdAtMs);
    if (agentRef === undefined) return { clientId, agentId: null, since };
    const agent = await directory.resolve(caller, agentRef);
    if (agent.clientId !== clientId) throw notFound('agent');
    return { clientId, agentId: agent.agentId, since };
  }
}
