import { FleetSummary, PricingSummary, SavingsTotals } from '@spotopt/contracts';
import type { RpcResponse } from '@spotopt/contracts';
import type { AdminStatsRoute, ResponseOf } from '@spotopt/contracts/http';
import type { ClientRegister } from '../access/ports.js';
import type { ServiceRequests } from '../ports.js';
import { monthSavingsPercent, sumTotals } from '../savings/sum-totals.js';
import { askAll } from './ask-all.js';

type Fleet = RpcResponse<typeof FleetSummary>;

/** Numbers where dashboards format without looking; `missing` says that they are not known. */
export const NO_FLEET: Fleet = {
  agentsTotal: 0,
  agentsOnline: 0,
  instancesRunning: 0,
  replicasActive: 0,
  replicasReady: 0,
  replicasSyncing: 0,
  switchesTotal: 0,
  switchesToday: 0,
  modelSwitches: 0,
  manualSwitches: 0,
  emergencySwitches: 0,
  downtimeMsTotal: 0,
};

/** Counts over all tenants, in camel case and in the names of the documents (M8). */
export class GetStats {
  constructor(private readonly parts: { requests: ServiceRequests; clients: ClientRegister }) {}

  async execute(): Promise<ResponseOf<typeof AdminStatsRoute>> {
    const { requests, clients } = this.parts;
    const { values, missing } = await askAll({
      clients: clients.count(),
      fleet: requests.ask(FleetSummary, { clientId: null }),
      pricing: requests.ask(PricingSummary, {}),
      savings: requests.ask(SavingsTotals, { clientId: null }),
    });
    const fleet = values.fleet ?? NO_FLEET;
    const accounts = values.clients ?? 0;
    const savings = sumTotals(values.savings?.clients ?? []);
    return {
      totalAccounts: accounts,
      agentsOnline: fleet.agentsOnline,
      agentsTotal: fleet.agentsTotal,
      poolsCovered: values.pricing?.poolsCovered ?? 0,
      rawPrices: values.pricing?.rawPrices ?? 0,
      latestPriceAt: values.pricing?.latestObservedAt ?? null,
      totalSavings: savings.savingsUsdTotal,
      totalSwitches: fleet.switchesTotal,
      modelSwitches: fleet.modelSwitches,
      manualSwitches: fleet.manualSwitches,
      emergencySwitches: fleet.emergencySwitches,
      totalDowntimeSeconds: Math.round(fleet.downtimeMsTotal / 1_000),
      total_clients: accounts,
      total_agents: fleet.agentsTotal,
      online_agents: fleet.agentsOnline,
      total_instances: fleet.instancesRunning,
      total_switches: fleet.switchesTotal,
      total_switches_today: fleet.switchesToday,
      total_savings: savings.savingsUsdTotal,
      total_savings_month: savings.savingsUsdThisMonth,
      avg_savings_percent: monthSavingsPercent(savings),
      active_replicas: fleet.replicasActive,
      partial: missing.length > 0,
      missing,
    };
  }
}
