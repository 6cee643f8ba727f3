import { ConsolidationJobs, FleetSummary, ListIncidents, SavingsReport } from '@spotopt/contracts';
import type { ConsolidationJobView, IncidentView } from '@spotopt/contracts';
import type { OperationalMetricsRoute, ResponseOf } from '@spotopt/contracts/http';
import type { Clock } from '@spotopt/kernel';
import { askAll } from '../overview/ask-all.js';
import { NO_FLEET } from '../overview/get-stats.js';
import type { ServiceRequests } from '../ports.js';
import { dayOf, monthStart } from '../savings/days.js';
import { downtimeOf } from '../savings/downtime.js';
import { switchesSince } from '../savings/switch-pages.js';

type Answer = ResponseOf<typeof OperationalMetricsRoute>;

const DAY_MS = 86_400_000;
const CLEANER_DAYS = 7;
const MAX_INCIDENTS = 500;
const MAX_JOBS = 500;

/** How the system does (M16). */
export class OperationalMetrics {
  constructor(private readonly parts: { requests: ServiceRequests; clock: Clock }) {}

  async execute(): Promise<Answer> {
    const { requests, clock } = this.parts;
    const everybody = { clientId: null, agentId: null };
    const sinceMs = clock.nowMs() - DAY_MS;
    const to = dayOf(clock.nowMs());
    const { values, missing } = await askAll({
      fleet: requests.ask(FleetSummary, { clientId: null }),
      switches: switchesSince(requests, everybody, sinceMs),
      savings: requests.ask(SavingsReport, { ...everybody, from: monthStart(to), to, by: 'month' }),
      incidents: requests.ask(ListIncidents, { ...everybody, limit: MAX_INCIDENTS }),
      consolidation: requests.ask(ConsolidationJobs, { days: CLEANER_DAYS, limit: MAX_JOBS }),
    });
    const fleet = values.fleet ?? NO_FLEET;
    const downtime = downtimeOf(values.switches ?? []);
    const { agentsTotal, agentsOnline } = fleet;
    return {
      agent_uptime: {
        total_agents: agentsTotal,
        online_agents: agentsOnline,
        uptime_percentage: agentsTotal === 0 ? null : Number(((agentsOnline / agentsTotal) * 100).toFixed(2)),
      },
      switch_downtime: {
        avg: downtime.average,
        stddev: downtime.deviation,
        p95: downtime.p95,
        switches: values.switches?.length ?? 0,
      },
      savings: savingsOf(values.savings?.total),
      emergency_stats: emergenciesSince(values.incidents?.incidents ?? [], sinceMs),
      data_cleaner: cleanerOf(values.consolidation?.jobs ?? []),
      partial: missing.length > 0,
      missing,
    };
  }
}

interface Total {
  readonly savingsUsd: number;
  readonly onDemandUsd: number;
  readonly actualUsd: number;
  readonly savingsPercent: number | null;
}

function savingsOf(total: Total | undefined): Answer['savings'] {
  return {
    total_savings: total?.savingsUsd ?? 0,
    baseline_cost: total?.onDemandUsd ?? 0,
    actual_cost: total?.actualUsd ?? 0,
    savings_percentage: total?.savingsPercent ?? null,
  };
}

function emergenciesSince(incidents: readonly IncidentView[], sinceMs: number): Answer['emergency_stats'] {
  const young = incidents.filter(({ firstSignalAt }) => Date.parse(firstSignalAt) >= sinceMs);
  const termination = young.filter(({ urgency }) => urgency === 'terminate').length;
  return { total: young.length, rebalance: young.length - termination, termination };
}

function cleanerOf(jobs: readonly ConsolidationJobView[]): Answer['data_cleaner'] {
  const sum = (key: 'duplicatesRemoved' | 'gapsFilled' | 'backfillsAdded'): number =>
    jobs.reduce((total, job) => total + job[key], 0);
  const lastRunAt =
    jobs
      .map(({ startedAt }) => startedAt)
      .sort()
      .at(-1) ?? null;
  return {
    jobs: jobs.length,
    failed_jobs: jobs.filter(({ status }) => status === 'failed').length,
    duplicates_removed: sum('duplicatesRemoved'),
    gaps_interpolated: sum('gapsFilled'),
    backfills_added: sum('backfillsAdded'),
    last_run_at: lastRunAt,
  };
}
