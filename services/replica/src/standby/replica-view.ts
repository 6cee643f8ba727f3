import type { ReplicaView } from '@spotopt/contracts';
import { type Instance, replicaStatusOf } from '../fleet/index.js';

export function toReplicaView(instance: Instance): ReplicaView {
  const iso = (at: Date | null): string | null => at?.toISOString() ?? null;
  return {
    replicaId: instance.id,
    agentId: instance.agentId,
    ec2InstanceId: instance.ec2InstanceId,
    replicaType: instance.replicaType ?? 'switch',
    status: replicaStatusOf(instance),
    syncStatus: instance.syncStatus,
    syncLatencyMs: instance.syncLatencyMs,
    stateTransferProgress: instance.stateTransferProgress,
    poolId: instance.poolId,
    instanceType: instance.instanceType,
    region: instance.region,
    az: instance.az,
    mode: instance.mode,
    createdBy: instance.createdBy,
    createdAt: instance.createdAt.toISOString(),
    launchedAt: iso(instance.launchedAt),
    readyAt: iso(instance.readyAt),
    promotedAt: iso(instance.promotedAt),
    terminatedAt: iso(instance.terminatedAt),
    terminationConfirmed: instance.state === 'terminated',
  };
}
