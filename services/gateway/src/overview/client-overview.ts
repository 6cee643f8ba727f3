import { FleetSummary, ListAgents, ListSwitches, SavingsTotals } from '@spotopt/contracts';
import type { AgentView, RpcResponse } from '@spotopt/contracts';
import type { GetClientRoute, ListClientsRoute, ResponseOf } from '@spotopt/contracts/http';
import type { ClientRegister } from '../access/ports.js';
import type { ServiceRequests } from '../ports.js';
import { NO_SAVINGS } from '../savings/sum-totals.js';
import type { SavingsSums } from '../savings/sum-totals.js';
import { askAll } from './ask-all.js';
import { NO_FLEET } from './get-stats.js';
import { toSwitchItem } from './overview-wire.js';

type Fleet = RpcResponse<typeof FleetSummary>;

interface ClientFacts {
  readonly id: string;
  readonly name: string;
  readonly email: string | null;
  readonly status: string;
  readonly createdAtMs: number;
}

const RECENT_SWITCHES = 10;

function clientItem(
  client: ClientFacts,
  fleet: Fleet,
  savings: SavingsSums,
): ResponseOf<typeof ListClientsRoute>['clients'][number] {
  const createdAt = new Date(client.createdAtMs).toISOString();
  return {
    id: client.id,
    client_id: client.id,
    name: client.name,
    email: client.email,
    status: client.status,
    created_at: createdAt,
    createdAt,
    instances: fleet.instancesRunning,
    agentsOnline: fleet.agentsOnline,
    agentsTotal: fleet.agentsTotal,
    active_agents: fleet.agentsOnline,
    totalSavings: savings.savingsUsdTotal,
    total_savings: savings.savingsUsdTotal,
    totalSwitches: fleet.switchesTotal,
  };
}

function activeAgent(view: AgentView): Record<string, unknown> {
  return {
    id: view.agentId,
    hostname: view.hostname,
    instance_id: view.ec2InstanceId,
    instance_type: view.instanceType,
    region: view.region,
    current_mode: view.mode,
  };
}

/** Tenants with their figures (M1, K2). */
export class ClientOverview {
  constructor(private readonly parts: { requests: ServiceRequests; clients: ClientRegister }) {}

  async list(): Promise<ResponseOf<typeof ListClientsRoute>> {
    const { requests, clients } = this.parts;
    const tenants = await clients.list();
    const [summaries, totals] = await Promise.all([
      askAll(Object.fromEntries(tenants.map(({ id }) => [id, requests.ask(FleetSummary, { clientId: id })]))),
      askAll({ savings: requests.ask(SavingsTotals, { clientId: null }) }),
    ]);
    const savings = new Map((totals.values.savings?.clients ?? []).map((sums) => [sums.clientId, sums]));
    const missing = [...(summaries.missing.length > 0 ? ['fleet'] : []), ...totals.missing];
    return {
      clients: tenants.map((client) =>
        clientItem(client, summaries.values[client.id] ?? NO_FLEET, savings.get(client.id) ?? NO_SAVINGS),
      ),
      total: tenants.length,
      partial: missing.length > 0,
      missing,
    };
  }

  /** @throws AppError `not-found` (permanent) */
  async get(clientId: string): Promise<ResponseOf<typeof GetClientRoute>> {
    const { requests, clients } = this.parts;
    const client = await clients.get(clientId);
    const { values, missing } = await askAll({
      fleet: requests.ask(FleetSummary, { clientId }),
      savings: requests.ask(SavingsTotals, { clientId }),
      agents: requests.ask(ListAgents, { clientId }),
      switches: requests.ask(ListSwitches, { clientId, agentId: null, limit: RECENT_SWITCHES }),
    });
    const fleet = values.fleet ?? NO_FLEET;
    const savings = values.savings?.clients[0] ?? NO_SAVINGS;
    const agents = values.agents?.agents ?? [];
    return {
      ...clientItem(client, fleet, savings),
      id: client.id,
      name: client.name,
      status: client.status,
      totalSavings: savings.savingsUsdTotal,
      agentsOnline: fleet.agentsOnline,
      agentsTotal: fleet.agentsTotal,
      totalDowntimeSeconds: Math.round(fleet.downtimeMsTotal / 1_000),
      total_agents: fleet.agentsTotal,
      online_agents: fleet.agentsOnline,
      active_instances: fleet.instancesRunning,
      spot_instances: agents.filter(({ mode }) => mode === 'spot').length,
      total_switches: fleet.switchesTotal,
      switches_today: fleet.switchesToday,
      total_savings: savings.savingsUsdTotal,
      monthly_savings: savings.savingsUsdThisMonth,
      recent_switches: (values.switches?.switches ?? []).map(toSwitchItem),
      active_agents: agents.filter(({ status }) => status !== 'deleted').map(activeAgent),
      partial: missing.length > 0,
      missing,
    };
  }
}
