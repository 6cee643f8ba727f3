import { Param } from '@nestjs/common';
import { ListAgents } from '@spotopt/contracts';
import type { QueryOf, ResponseOf } from '@spotopt/contracts/http';
import { ListAgentsRoute, ListClientAgentsRoute } from '@spotopt/contracts/http';
import { ClientRegister } from '../access/ports.js';
import { tenantInPath } from '../caller.js';
import type { Caller } from '../caller.js';
import { ServiceRequests } from '../ports.js';
import { By, QueryFor, Routes, Serves } from '../route.js';
import { toAgentItem } from './agent-wire.js';

@Routes()
export class AgentListController {
  constructor(
    private readonly requests: ServiceRequests,
    private readonly clients: ClientRegister,
  ) {}

  @Serves(ListClientAgentsRoute)
  async ofClient(
    @By() caller: Caller,
    @Param('clientId') clientId: string,
  ): Promise<ResponseOf<typeof ListClientAgentsRoute>> {
    const { agents } = await this.requests.ask(ListAgents, { clientId: tenantInPath(caller, clientId) });
    return { agents: agents.map((view) => toAgentItem(view)), total: agents.length };
  }

  @Serves(ListAgentsRoute)
  async all(
    @QueryFor(ListAgentsRoute) query: QueryOf<typeof ListAgentsRoute>,
  ): Promise<ResponseOf<typeof ListAgentsRoute>> {
    const [{ agents }, clients] = await Promise.all([
      this.requests.ask(ListAgents, { clientId: null, includeDeleted: query.status === 'deleted' }),
      this.clients.list(),
    ]);
    const names = new Map(clients.map(({ id, name }) => [id, name]));
    const shown = agents.filter(({ status }) => query.status === undefined || status === query.status);
    return {
      agents: shown.map((view) => toAgentItem(view, names.get(view.clientId) ?? view.clientId)),
      total: shown.length,
    };
  }
}
