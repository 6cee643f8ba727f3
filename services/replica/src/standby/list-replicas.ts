import type { ListReplicas as ListReplicasRpc, RpcRequest, RpcResponse } from '@spotopt/contracts';
import { type FleetStore, requireScoped, type UseCaseDeps } from '../fleet/index.js';
import { toReplicaView } from './replica-view.js';

export class ListReplicas {
  constructor(
    private readonly deps: UseCaseDeps,
    private readonly fleet: FleetStore,
  ) {}

  /**
   * Only machines that were made as standbys. `terminated` means given up and not yet confirmed gone, with a
   * real instance id: agents look at each listed row after every restart (RP-39).
   */
  execute(request: RpcRequest<typeof ListReplicasRpc>): Promise<RpcResponse<typeof ListReplicasRpc>> {
    return this.deps.uow.read(async (tx) => {
      const { agent } = await requireScoped(tx, this.fleet, request);
      const machines = await this.fleet.listInstances(tx, { agentId: agent.id });
      const replicas = machines
        .filter((machine) => machine.replicaType !== null)
        .map((machine) => ({ machine, view: toReplicaView(machine) }))
        .filter(({ view }) => {
          if (request.status === 'terminated') {
            return view.status === 'terminated' && view.ec2InstanceId !== null && !view.terminationConfirmed;
          }
          if (request.status !== null) return view.status === request.status;
          return request.includeTerminated || !['terminated', 'promoted', 'failed'].includes(view.status);
        });
      return { replicas: replicas.map(({ view }) => view) };
    });
  }
}
