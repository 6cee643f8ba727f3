import { InstanceCosts, ListIncidents, ListSwitches } from '@spotopt/contracts';
import type { RpcResponse } from '@spotopt/contracts';
import type { InstanceMetricsRoute, ResponseOf } from '@spotopt/contracts/http';
import type { Clock } from '@spotopt/kernel';
import type { FoundInstance } from '../agents/find-instance.js';
import type { ServiceRequests } from '../ports.js';
import { switchesSince } from '../savings/switch-pages.js';
import type { InstanceMarket, ReadMarket } from './read-market.js';

export interface InstanceMetricsParts {
  readonly requests: ServiceRequests;
  readonly market: ReadMarket;
  readonly clock: Clock;
}

type Costs = RpcResponse<typeof InstanceCosts>['costs'];
type Figures = ResponseOf<typeof InstanceMetricsRoute>;

type CostFigures = Pick<
  Figures,
  'uptimeHours' | 'totalSavings' | 'savingsLast30Days' | 'costs_known' | 'estimated'
> &
  Record<string, unknown>;

type PriceFigures = Pick<
  Figures,
  'spotPrice' | 'spot_price_known' | 'onDemandPrice' | 'on_demand_price_known'
> &
  Record<string, unknown>;

const WEEK_MS = 7 * 86_400_000;
const MAX_INCIDENTS = 500;

/** Figures of one instance and of the workload on it (I4). */
export class InstanceMetrics {
  constructor(private readonly parts: InstanceMetricsParts) {}

  async execute(instance: FoundInstance): Promise<Figures> {
    const { requests, market, clock } = this.parts;
    const { agent, ec2InstanceId } = instance;
    const scope = { clientId: agent.clientId, agentId: agent.agentId };
    const [{ costs }, all, lately, { incidents }, around] = await Promise.all([
      requests.ask(InstanceCosts, { clientId: agent.clientId, ec2InstanceId }),
      requests.ask(ListSwitches, { ...scope, limit: 1 }),
      switchesSince(requests, scope, clock.nowMs() - WEEK_MS),
      requests.ask(ListIncidents, { ...scope, limit: MAX_INCIDENTS }),
      market.around(instance),
    ]);
    return {
      instance_id: ec2InstanceId,
      ...costFigures(costs),
      totalSwitches: all.total,
      switches: all.total,
      switchesLast7Days: lately.length,
      ...priceFigures(around),
      // A warning alone took nothing away.
      interruptions: incidents.filter(
        (incident) => incident.ec2InstanceId === ec2InstanceId && incident.urgency === 'terminate',
      ).length,
      // No agent measures these.
      cpu_utilization: null,
      memory_utilization: null,
      network_in_mbps: null,
      network_out_mbps: null,
    };
  }
}

/** Numbers like the figures of cost; the flags say whether they are prices. */
function priceFigures({ current, onDemand }: InstanceMarket): PriceFigures {
  const spotUsd = current?.spotUsdPerHour ?? null;
  return {
    spotPrice: spotUsd ?? 0,
    spot_price_known: spotUsd !== null,
    onDemandPrice: onDemand.usdPerHour ?? 0,
    on_demand_price_known: onDemand.usdPerHour !== null,
    on_demand_estimated: onDemand.estimated,
  };
}

/** Numbers where dashboards format without looking; `costs_known` says whether they mean anything. */
function costFigures(costs: Costs): CostFigures {
  if (costs === null) {
    const nothing = { uptimeHours: 0, uptime_hours: 0, totalSavings: 0, savingsLast30Days: 0 };
    return { ...nothing, total_cost: null, started_at: null, costs_known: false, estimated: false };
  }
  return {
    uptimeHours: costs.hours,
    uptime_hours: costs.hours,
    totalSavings: costs.savingsUsd,
    savingsLast30Days: costs.savingsUsdLast30Days,
    total_cost: costs.costUsd,
    started_at: costs.startedAt,
    costs_known: true,
    estimated: costs.estimated,
  };
}
