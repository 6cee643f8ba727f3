import type {
  AgentRegisteredV1,
  EventOf,
  InstanceRoleChangedV1,
  InterruptionDetectedV1,
  ReplicaReadyV1,
} from '@spotopt/contracts';
import type { UnitOfWork } from '@spotopt/kernel';
import type { PoolHistoryStore } from './ports.js';

/** Records interruptions and boots, and in which pool each machine is. An event that comes again changes nothing. */
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

  async interrupted({ data }: EventOf<typeof InterruptionDetectedV1>): Promise<void> {
    if (data.urgency !== 'terminate') return;
    const { incidentId, ec2InstanceId } = data;
    const detectedAt = new Date(data.detectedAt);
    await this.uow.run((tx) => this.store.addInterruption(tx, { incidentId, ec2InstanceId, detectedAt }));
  }

  async ready({ data, time }: EventOf<typeof ReplicaReadyV1>): Promise<void> {
    const { replicaId, poolId, readyAfterMs } = data;
    const readyAt = new Date(time);
    await this.uow.run((tx) => this.store.addBoot(tx, { replicaId, poolId, readyAfterMs, readyAt }));
  }
}
