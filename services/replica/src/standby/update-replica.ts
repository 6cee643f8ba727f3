import {
  InstanceTerminatedV1,
  ReplicaLaunchedV1,
  ReplicaReadyV1,
  type RpcRequest,
  type RpcResponse,
  type TerminateReplica as TerminateReplicaRpc,
  type UpdateReplica as UpdateReplicaRpc,
} from '@spotopt/contracts';
import { AppError, type Tx } from '@spotopt/kernel';
import {
  type Agent,
  FleetEvents,
  type FleetStore,
  type Instance,
  type InstanceState,
  replicaFacts,
  requireScoped,
  roleOf,
  type Standbys,
  UNASKED,
  type UseCaseDeps,
} from '../fleet/index.js';
import { toReplicaView } from './replica-view.js';

type Request = RpcRequest<typeof UpdateReplicaRpc>;

const FORWARD: readonly InstanceState[] = ['launching', 'syncing', 'ready'];

/** Agents report how a standby comes along; only forward moves count (CT-50), repeats change nothing. */
export class UpdateReplica {
  readonly #events: FleetEvents;

  constructor(
    private readonly deps: UseCaseDeps,
    private readonly ports: { readonly fleet: FleetStore; readonly standbys: Standbys },
  ) {
    this.#events = new FleetEvents(deps.ids, deps.clock);
  }

  /** The launch command's own answer says once more whose machine it is, in case the agent's report was lost. */
  launched(launch: {
    readonly agentId: string;
    readonly commandId: string;
    readonly ec2InstanceId: string;
  }): Promise<void> {
    return this.deps.uow.run(async (tx) => {
      const replica = await this.ports.fleet.findInstanceByLaunchCommand(tx, launch.commandId);
      if (replica?.agentId !== launch.agentId || replica.ec2InstanceId !== null) return;
      await this.#nameInstance(tx, replica, launch.ec2InstanceId);
    });
  }

  execute(request: Request): Promise<RpcResponse<typeof UpdateReplicaRpc>> {
    return this.deps.uow.run(async (tx) => {
      const { agent } = await requireScoped(tx, this.ports.fleet, request);
      const replica = await requireReplica(tx, this.ports.fleet, agent, request.replicaId);
      const named = await this.#nameInstance(tx, replica, request.ec2InstanceId);
      const synced = await this.#recordSync(tx, named, request);
      const moved = await this.#move(tx, synced, request);
      return { replica: toReplicaView(moved) };
    });
  }

  async #nameInstance(tx: Tx, replica: Instance, ec2InstanceId: string | null): Promise<Instance> {
    if (ec2InstanceId === null || replica.ec2InstanceId === ec2InstanceId) return replica;
    if (replica.ec2InstanceId !== null) {
      throw AppError.permanent(
        'replica-has-instance',
        `replica ${replica.id} already runs on ${replica.ec2InstanceId}`,
        { details: { field: 'instance_id' } },
      );
    }
    await this.#absorb(tx, replica, ec2InstanceId);
    const launchedAt = this.deps.clock.now();
    const to =
      replica.state === 'launching' ? 'syncing' : replica.state === 'failed' ? 'zombie' : replica.state;
    const named = await this.ports.fleet.updateInstance(tx, replica, to, { ec2InstanceId, launchedAt });
    await this.deps.outbox.add(
      tx,
      this.#events.of(ReplicaLaunchedV1, replica.agentId, { ...replicaFacts(named), ec2InstanceId }),
    );
    // Given up while it was being launched: the machine must not stay.
    if (replica.state === 'failed') await this.#orphan(tx, named);
    return named;
  }

  /** The machine's own agent may have registered before its launcher told us whose machine it is. */
  async #absorb(tx: Tx, replica: Instance, ec2InstanceId: string): Promise<void> {
    const early = await this.ports.fleet.findInstanceByEc2Id(tx, ec2InstanceId);
    if (early === null) return;
    if (early.agentId !== replica.agentId || early.createdBy !== UNASKED || early.state === 'primary') {
      throw AppError.permanent('instance-taken', `instance ${ec2InstanceId} belongs to another replica`, {
        details: { field: 'instance_id' },
      });
    }
    await this.ports.fleet.removeInstance(tx, early);
  }

  async #orphan(tx: Tx, named: Instance): Promise<void> {
    const agent = await this.ports.fleet.findAgent(tx, named.agentId);
    const primary = await this.ports.fleet.findPrimary(tx, named.agentId);
    if (agent !== null && primary !== null)
      await this.ports.standbys.terminateMachine(tx, agent, primary, named);
  }

  async #recordSync(tx: Tx, replica: Instance, request: Request): Promise<Instance> {
    const { syncStatus, syncLatencyMs, stateTransferProgress } = request;
    if (syncStatus === null && syncLatencyMs === null && stateTransferProgress === null) return replica;
    return this.ports.fleet.updateInstance(tx, replica, replica.state, {
      ...(syncStatus === null ? {} : { syncStatus }),
      ...(syncLatencyMs === null ? {} : { syncLatencyMs }),
      ...(stateTransferProgress === null ? {} : { stateTransferProgress }),
    });
  }

  async #move(tx: Tx, replica: Instance, request: Request): Promise<Instance> {
    const { status } = request;
    if (status === 'failed') {
      return this.ports.standbys.giveUp(tx, replica, {
        reason: request.errorMessage ?? 'the agent reported a failure',
      });
    }
    if (status === 'terminated') return this.#confirmTerminated(tx, replica);
    const wanted = wantedState(request);
    const position = FORWARD.indexOf(replica.state);
    // A standby that is being promoted, or is past that, is not moved by what its agent reports late.
    if (wanted === null || position < 0 || FORWARD.indexOf(wanted) <= position) return replica;
    if (wanted !== 'ready') return this.ports.fleet.updateInstance(tx, replica, wanted);
    return this.#ready(tx, replica);
  }

  async #ready(tx: Tx, replica: Instance): Promise<Instance> {
    if (replica.ec2InstanceId === null) {
      throw AppError.permanent(
        'replica-without-instance',
        'a replica without an EC2 instance cannot be ready',
        {
          details: { field: 'status' },
        },
      );
    }
    const readyAt = this.deps.clock.now();
    const ready = await this.ports.fleet.updateInstance(tx, replica, 'ready', {
      readyAt,
      syncStatus: 'synced',
      stateTransferProgress: 100,
    });
    await this.deps.outbox.add(
      tx,
      this.#events.of(ReplicaReadyV1, replica.agentId, {
        ...replicaFacts(ready),
        ec2InstanceId: replica.ec2InstanceId,
        readyAfterMs: Math.max(0, readyAt.getTime() - replica.createdAt.getTime()),
      }),
    );
    return ready;
  }

  async #confirmTerminated(tx: Tx, replica: Instance): Promise<Instance> {
    if (replica.state === 'terminated' || replica.state === 'failed' || replica.state === 'primary')
      return replica;
    const terminatedAt = this.deps.clock.now();
    const ended = await this.ports.fleet.updateInstance(tx, replica, 'terminated', { terminatedAt });
    if (replica.ec2InstanceId !== null) {
      await this.deps.outbox.add(
        tx,
        this.#events.of(InstanceTerminatedV1, replica.agentId, {
          agentId: replica.agentId,
          clientId: replica.clientId,
          instanceId: replica.id,
          ec2InstanceId: replica.ec2InstanceId,
          lastRole: roleOf(replica.state),
          reason: 'reported by an agent',
          terminatedAt: terminatedAt.toISOString(),
        }),
      );
    }
    return ended;
  }
}

function wantedState({ status, syncStatus, stateTransferProgress }: Request): InstanceState | null {
  if (status === 'ready' || syncStatus === 'synced' || stateTransferProgress === 100) return 'ready';
  return status === 'syncing' ? 'syncing' : null;
}

/** A person gives a standby up. A standby that became the primary is not one any more (PR-92). */
export class TerminateReplica {
  constructor(
    private readonly deps: UseCaseDeps,
    private readonly ports: { readonly fleet: FleetStore; readonly standbys: Standbys },
  ) {}

  execute(request: RpcRequest<typeof TerminateReplicaRpc>): Promise<RpcResponse<typeof TerminateReplicaRpc>> {
    return this.deps.uow.run(async (tx) => {
      const { agent } = await requireScoped(tx, this.ports.fleet, request);
      const replica = await requireReplica(tx, this.ports.fleet, agent, request.replicaId);
      if (replica.state === 'primary' || replica.state === 'promoting') {
        throw AppError.permanent('replica-is-primary', `replica ${replica.id} is ${replica.state}`);
      }
      const ended = await this.ports.standbys.giveUp(tx, replica, {
        reason: `deleted by ${request.requestedBy}`,
      });
      return { replica: toReplicaView(ended) };
    });
  }
}

/** @throws AppError `replica-not-found` (permanent), also for a replica of another agent */
export async function requireReplica(
  tx: Tx,
  fleet: FleetStore,
  agent: Agent,
  replicaId: string,
): Promise<Instance> {
  const replica = await fleet.findInstance(tx, replicaId);
  if (replica === null || replica.agentId !== agent.id) {
    throw AppError.permanent('replica-not-found', `no replica ${replicaId}`, { details: { replicaId } });
  }
  return replica;
}
