import { Param } from '@nestjs/common';
import { CurrentPrices, ListAgents } from '@spotopt/contracts';
import type { AgentView } from '@spotopt/contracts';
import type { QueryOf, ResponseOf } from '@spotopt/contracts/http';
import {
  AdminInstancesRoute,
  AdminStatsRoute,
  GetClientRoute,
  ListClientsRoute,
} from '@spotopt/contracts/http';
import { ClientRegister } from '../access/ports.js';
import { tenantInPath } from '../caller.js';
import type { Caller } from '../caller.js';
import { ServiceRequests } from '../ports.js';
import { By, QueryFor, Routes, Serves } from '../route.js';
import { askAll } from './ask-all.js';
import { ClientOverview } from './client-overview.js';
import { GetStats } from './get-stats.js';

type InstanceQuery = QueryOf<typeof AdminInstancesRoute>;

function matches(view: AgentView, clientName: string, query: InstanceQuery): boolean {
  const { mode, region, search } = query;
  if (view.ec2InstanceId === null) return false;
  if (mode !== undefined && view.mode !== mode) return false;
  if (region !== undefined && view.region !== region) return false;
  const text =
    `${view.ec2InstanceId} ${view.instanceType} ${view.hostname ?? ''} ${clientName}`.toLowerCase();
  return search === undefined || text.includes(search.toLowerCase());
}

@Routes()
export class OverviewController {
  constructor(
    private readonly getStats: GetStats,
    private readonly clientOverview: ClientOverview,
    private readonly clients: ClientRegister,
    private readonly requests: ServiceRequests,
  ) {}

  @Serves(AdminStatsRoute)
  async stats(): Promise<ResponseOf<typeof AdminStatsRoute>> {
    return this.getStats.execute();
  }

  @Serves(ListClientsRoute)
  async listClients(): Promise<ResponseOf<typeof ListClientsRoute>> {
    return this.clientOverview.list();
  }

  @Serves(GetClientRoute)
  async client(
    @By() caller: Caller,
    @Param('clientId') clientId: string,
  ): Promise<ResponseOf<typeof GetClientRoute>> {
    return this.clientOverview.get(tenantInPath(caller, clientId));
  }

  @Serves(AdminInstancesRoute)
  async instances(
    @QueryFor(AdminInstancesRoute) query: InstanceQuery,
  ): Promise<ResponseOf<typeof AdminInstancesRoute>> {
    const clients = await this.clients.list();
    const names = new Map(clients.map(({ id, name }) => [id, name]));
    const { agents } = await this.requests.ask(ListAgents, { clientId: null });
    const { values } = await askAll({
      prices: this.requests.ask(CurrentPrices, { region: null, instanceType: null }),
    });
    const prices = new Map((values.prices?.pools ?? []).map((pool) => [pool.poolId, pool]));
    const instances = agents
      .filter((view) => matches(view, names.get(view.clientId) ?? '', query))
      .map((view) => {
        const price = view.poolId === null ? undefined : prices.get(view.poolId);
        return {
          id: view.ec2InstanceId ?? '',
          agent_id: view.agentId,
          clientName: names.get(view.clientId) ?? view.clientId,
          instanceType: view.instanceType,
          region: view.region,
          az: view.az,
          currentMode: view.mode,
          pool_id: view.poolId,
          spotPrice: price?.spotUsdPerHour ?? null,
          ondemandPrice: price?.onDemandUsdPerHour ?? null,
        };
      });
    return { instances, total: instances.length };
  }
}
