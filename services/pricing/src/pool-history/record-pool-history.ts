import type {
  AgentRegisteredV1,
  EventOf,
  InstanceRoleChangedV1,
  InstanceTerminatedV1,
  InterruptionDetectedV1,
  ReplicaReadyV1,
} from '@spotopt/contracts';
import type { UnitOfWork } from '@spotopt/kernel';
import type { PoolHistoryStore } from './ports.js';

/** Records notices, ends and boots of machines, and in which pool each machine is. An event that comes again changes nothing. */
export class RecordPoolHistory {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: PoolHistoryStore,
  ) {}

  async placed({ data }: EventOf<typeof AgentRegisteredV1 | typeof InstanceRoleChangedV1>): Promise<void> {
    const { ec2InstanceId, poolId, mode } = data.placement;
    if (ec2InstanceId === null) return;
    await this.uow.run((tx) => this.store.addMachine(tx, { ec2InstanceId, poolId, mode }));
  }

  async noticed({ data }: EventOf<typeof InterruptionDetectedV1>): Promise<void> {
    const { incidentId, ec2InstanceId, urgency } = data;
    const kind = urgency === 'terminate' ? 'termination' : 'rebalance';
    const detectedAt = new Date(data.detectedAt);
    await this.uow.run((tx) => this.store.addNotice(tx, { incidentId, kind, ec2InstanceId, detectedAt }));
  }

  async ended({ data }: EventOf<typeof InstanceTerminatedV1>): Promise<void> {
    const { ec2InstanceId, terminatedAt, reason } = data;
    const endedAt = new Date(terminatedAt);
    await this.uow.run((tx) => this.store.addEnd(tx, { ec2InstanceId, endedAt, reason }));
  }

  async ready({ data, time }: EventOf<typeof ReplicaReadyV1>): Promise<void> {
    const { replicaId, poolId, readyAfterMs } = data;
    const readyAt = new Date(time);
    await this.uow.run((tx) => this.store.addBoot(tx, { replicaId, poolId, readyAfterMs, readyAt }));
  }
}
