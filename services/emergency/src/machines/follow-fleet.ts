import type {
  AgentRegisteredV1,
  EventOf,
  InstanceRoleChangedV1,
  InstanceTerminatedV1,
  ReplicaFailedV1,
  ReplicaLaunchedV1,
  ReplicaReadyV1,
} from '@spotopt/contracts';
import type { Tx, UnitOfWork } from '@spotopt/kernel';
import type { Machine, MachineStore } from './ports.js';

export type StandbyEvent = EventOf<typeof ReplicaLaunchedV1> | EventOf<typeof ReplicaReadyV1>;
export type GoneEvent = EventOf<typeof ReplicaFailedV1> | EventOf<typeof InstanceTerminatedV1>;

/** Keeps the picture of machines. Events may come twice and out of order: only the newest of a machine counts. */
export class FollowFleet {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly machines: MachineStore,
  ) {}

  placed(event: EventOf<typeof AgentRegisteredV1> | EventOf<typeof InstanceRoleChangedV1>): Promise<void> {
    const { data } = event;
    const { ec2InstanceId, poolId, mode } = data.placement;
    if (ec2InstanceId === null) return Promise.resolve();
    return this.#change(ec2InstanceId, event, {
      role: 'to' in data ? data.to : data.role,
      poolId,
      mode,
    });
  }

  standby(event: StandbyEvent): Promise<void> {
    const { ec2InstanceId, replicaId, poolId } = event.data;
    return this.#change(ec2InstanceId, event, {
      role: 'REPLICA',
      replicaId,
      poolId,
      ready: 'readyAfterMs' in event.data,
    });
  }

  gone(event: GoneEvent): Promise<void> {
    const { ec2InstanceId } = event.data;
    if (ec2InstanceId === null) return Promise.resolve();
    return this.#change(ec2InstanceId, event, {
      role: 'terminatedAt' in event.data ? 'TERMINATED' : 'ZOMBIE',
      ready: false,
    });
  }

  #change(
    ec2InstanceId: string,
    event: { readonly time: string; readonly data: { readonly agentId: string; readonly clientId: string } },
    change: Partial<Machine>,
  ): Promise<void> {
    return this.uow.run(async (tx: Tx) => {
      const at = new Date(event.time);
      const known = await this.machines.find(tx, ec2InstanceId);
      if (known !== null && known.changedAt > at) return;
      const { agentId, clientId } = event.data;
      await this.machines.save(tx, {
        role: 'REPLICA',
        replicaId: null,
        ready: false,
        poolId: 'unknown.unknown',
        mode: 'unknown',
        firstSeenAt: at,
        ...known,
        ...change,
        ec2InstanceId,
        agentId,
        clientId,
        changedAt: at,
      });
    });
  }
}

/** The standby that a failover of the agent would use: a ready one before one that warms up. */
export function standbyOf(machines: readonly Machine[]): Machine | null {
  const standbys = machines.filter((machine) => machine.role === 'REPLICA' && machine.replicaId !== null);
  return standbys.find((machine) => machine.ready) ?? standbys[0] ?? null;
}
