import { Param } from '@nestjs/common';
import { ListDecisions, ListIncidents, ListSwitches } from '@spotopt/contracts';
import type { QueryOf, ResponseOf } from '@spotopt/contracts/http';
import {
  AllSwitchesRoute,
  DecisionsRoute,
  IncidentsRoute,
  SwitchHistoryRoute,
} from '@spotopt/contracts/http';
import { AgentDirectory } from '../agents/ports.js';
import { scopeOf, tenantInPath } from '../caller.js';
import type { Caller } from '../caller.js';
import { ServiceRequests } from '../ports.js';
import { By, QueryFor, Routes, Serves } from '../route.js';
import { toDecisionItem, toIncidentItem, toSwitchItem } from './overview-wire.js';

/** What was. */
@Routes()
export class HistoryController {
  constructor(
    private readonly requests: ServiceRequests,
    private readonly directory: AgentDirectory,
  ) {}

  @Serves(SwitchHistoryRoute)
  async ofClient(
    @By() caller: Caller,
    @Param('clientId') clientId: string,
    @QueryFor(SwitchHistoryRoute) query: QueryOf<typeof SwitchHistoryRoute>,
  ): Promise<ResponseOf<typeof SwitchHistoryRoute>> {
    const { limit, offset } = query;
    const tenant = tenantInPath(caller, clientId);
    const agentId = await this.#agentId(caller, query.agent_id);
    const page = await this.requests.ask(ListSwitches, { clientId: tenant, agentId, limit, offset });
    const instance = query.instance_id;
    const switches = page.switches.filter(
      (view) =>
        instance === undefined || view.fromEc2InstanceId === instance || view.toEc2InstanceId === instance,
    );
    return {
      switches: switches.map(toSwitchItem),
      total: instance === undefined ? page.total : switches.length,
    };
  }

  @Serves(AllSwitchesRoute)
  async switches(
    @By() caller: Caller,
    @QueryFor(AllSwitchesRoute) query: QueryOf<typeof AllSwitchesRoute>,
  ): Promise<ResponseOf<typeof AllSwitchesRoute>> {
    const { limit, offset } = query;
    const agentId = await this.#agentId(caller, query.agent_id);
    const page = await this.requests.ask(ListSwitches, { clientId: scopeOf(caller), agentId, limit, offset });
    return { switches: page.switches.map(toSwitchItem), total: page.total };
  }

  @Serves(DecisionsRoute)
  async decisions(
    @By() caller: Caller,
    @QueryFor(DecisionsRoute) query: QueryOf<typeof DecisionsRoute>,
  ): Promise<ResponseOf<typeof DecisionsRoute>> {
    const agentId = await this.#agentId(caller, query.agent_id);
    const request = { clientId: scopeOf(caller), agentId, limit: query.limit };
    const { decisions, total } = await this.requests.ask(ListDecisions, request);
    return { decisions: decisions.map(toDecisionItem), total };
  }

  @Serves(IncidentsRoute)
  async incidents(
    @By() caller: Caller,
    @QueryFor(IncidentsRoute) query: QueryOf<typeof IncidentsRoute>,
  ): Promise<ResponseOf<typeof IncidentsRoute>> {
    const agentId = await this.#agentId(caller, query.agent_id);
    const request = { clientId: scopeOf(caller), agentId, limit: query.limit };
    const { incidents, total } = await this.requests.ask(ListIncidents, request);
    return { incidents: incidents.map(toIncidentItem), total };
  }

  /** An agent may be named by its key or by its workload; a foreign one is answered like a missing one. */
  async #agentId(caller: Caller, agentRef: string | undefined): Promise<string | null> {
    if (agentRef === undefined || agentRef === '') return null;
    return (await this.directory.resolve(caller, agentRef)).agentId;
  }
}
