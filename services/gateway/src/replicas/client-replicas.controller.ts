import { Param } from '@nestjs/common';
import { ListAgents, ListReplicas } from '@spotopt/contracts';
import type { ResponseOf } from '@spotopt/contracts/http';
import { ListClientReplicasRoute } from '@spotopt/contracts/http';
import { Clock } from '@spotopt/kernel';
import { tenantInPath } from '../caller.js';
import type { Caller } from '../caller.js';
import { ServiceRequests } from '../ports.js';
import { By, Routes, Serves } from '../route.js';
import { toReplicaItem } from './replica-wire.js';

@Routes()
export class ClientReplicasController {
  constructor(
    private readonly requests: ServiceRequests,
    private readonly clock: Clock,
  ) {}

  @Serves(ListClientReplicasRoute)
  async list(
    @By() caller: Caller,
    @Param('clientId') clientId: string,
  ): Promise<ResponseOf<typeof ListClientReplicasRoute>> {
    const tenant = tenantInPath(caller, clientId);
    const { agents } = await this.requests.ask(ListAgents, { clientId: tenant });
    const lists = await Promise.all(
      agents
        .filter(({ replicaCount }) => replicaCount > 0)
        .map(({ agentId }) =>
          this.requests.ask(ListReplicas, { clientId: tenant, agentRef: agentId, status: null }),
        ),
    );
    const replicas = lists
      .flatMap((list) => list.replicas)
      .map((view) => toReplicaItem(view, this.clock.nowMs()))
      .filter((item) => item.is_active);
    return { replicas, total: replicas.length };
  }
}
