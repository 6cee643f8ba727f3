import { ListAgents } from '@spotopt/contracts';
import type { DowntimeRoute, ResponseOf, StatsChartsRoute } from '@spotopt/contracts/http';
import type { Clock } from '@spotopt/kernel';
import type { ClientRegister } from '../access/ports.js';
import { tenantInPath } from '../caller.js';
import type { Caller } from '../caller.js';
import type { ServiceRequests } from '../ports.js';
import { dayOf, daysBefore, periodName } from './days.js';
import { downtimeOf, trendPercent } from './downtime.js';
import type { ReadSavings } from './read-savings.js';
import { switchesSince } from './switch-pages.js';

type Charts = ResponseOf<typeof StatsChartsRoute>;

export interface ClientChartsParts {
  readonly requests: ServiceRequests;
  readonly clients: ClientRegister;
  readonly savings: ReadSavings;
  readonly clock: Clock;
}

const CHART_DAYS = 30;
const HOUR_MS = 3_600_000;

/** Charts of a tenant's page (S4, S5). */
export class ClientCharts {
  constructor(private readonly parts: ClientChartsParts) {}

  async charts(caller: Caller, clientId: string): Promise<Charts> {
    const { requests, clients, savings } = this.parts;
    await clients.get(tenantInPath(caller, clientId));
    const [months, { agents }, switchFrequency] = await Promise.all([
      savings.recentMonths(caller, clientId),
      requests.ask(ListAgents, { clientId }),
      this.#switchFrequency(clientId),
    ]);
    const modes = Map.groupBy(agents, ({ mode }) => mode);
    return {
      savingsTrend: months.map(({ period, onDemandUsd, actualUsd }) => ({
        month: periodName(period),
        baseline: onDemandUsd,
        actual: actualUsd,
      })),
      modeDistribution: [...modes].map(([mode, members]) => ({ mode, count: members.length })),
      switchFrequency,
    };
  }

  async downtime(caller: Caller, clientId: string, hours: number): Promise<ResponseOf<typeof DowntimeRoute>> {
    const { requests, clients, clock } = this.parts;
    await clients.get(tenantInPath(caller, clientId));
    const startMs = clock.nowMs() - hours * HOUR_MS;
    const scope = { clientId, agentId: null };
    const both = await switchesSince(requests, scope, startMs - hours * HOUR_MS);
    const within = both.filter(({ startedAt }) => Date.parse(startedAt) >= startMs);
    const before = both.filter(({ startedAt }) => Date.parse(startedAt) < startMs);
    const figures = downtimeOf(within);
    return {
      status: 'success',
      data: {
        hours,
        avg_downtime_seconds: figures.average,
        p95_downtime_seconds: figures.p95,
        min_downtime_seconds: figures.min,
        max_downtime_seconds: figures.max,
        total_downtime_seconds: figures.total,
        total_switches: within.length,
        successful_switches: within.filter(({ status }) => status === 'finished').length,
        failed_switches: within.filter(({ status }) => status === 'failed').length,
        trend: trendPercent(figures.average, downtimeOf(before).average),
      },
    };
  }

  async #switchFrequency(clientId: string): Promise<Charts['switchFrequency']> {
    const { requests, clock } = this.parts;
    const today = dayOf(clock.nowMs());
    const first = daysBefore(today, CHART_DAYS - 1);
    const switches = await switchesSince(requests, { clientId, agentId: null }, Date.parse(first));
    const counts = new Map<string, number>();
    for (let back = CHART_DAYS - 1; back >= 0; back -= 1) counts.set(daysBefore(today, back), 0);
    for (const { startedAt } of switches) {
      const day = startedAt.slice(0, 10);
      counts.set(day, (counts.get(day) ?? 0) + 1);
    }
    return [...counts].map(([date, count]) => ({ date, switches: count }));
  }
}
