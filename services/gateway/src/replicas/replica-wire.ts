import { PoolId } from '@spotopt/contracts';
import type { ReplicaView } from '@spotopt/contracts';
import type { ReplicaItem } from '@spotopt/contracts/http';

type ReplicaType = ReplicaView['replicaType'];
type SyncStatus = ReplicaView['syncStatus'];

const EC2_INSTANCE = /^i-[0-9a-zA-Z]{4,}$/;

/** A real EC2 id; placeholders of older servers are none. */
export function isEc2Instance(text: string | null | undefined): text is string {
  return text !== null && text !== undefined && EC2_INSTANCE.test(text);
}

const GONE: readonly ReplicaView['status'][] = ['promoted', 'terminated', 'failed'];

/** A standby in the words of the wire; prices are not the owner's business, so the cost is unknown here. */
export function toReplicaItem(view: ReplicaView, nowMs: number): ReplicaItem {
  const { replicaId, poolId, az, region, instanceType, createdAt } = view;
  return {
    id: replicaId,
    replica_id: replicaId,
    agent_id: view.agentId,
    instance_id: view.ec2InstanceId,
    type: view.replicaType,
    replica_type: view.replicaType,
    status: view.status,
    sync_status: view.syncStatus,
    sync_latency_ms: view.syncLatencyMs,
    state_transfer_progress: view.stateTransferProgress,
    pool_id: poolId,
    az,
    instance_type: instanceType,
    region,
    mode: view.mode,
    pool: { id: poolId, name: poolId, instance_type: instanceType, region, az },
    cost: { hourly: null, total: null },
    created_by: view.createdBy,
    created_at: createdAt,
    launched_at: view.launchedAt,
    ready_at: view.readyAt,
    promoted_at: view.promotedAt,
    terminated_at: view.terminatedAt,
    termination_confirmed: view.terminationConfirmed,
    age_seconds: Math.max(0, Math.floor((nowMs - Date.parse(createdAt)) / 1_000)),
    is_active: !GONE.includes(view.status),
    tags: {},
  };
}

/** Agents terminate what they find under `terminated`: only real instances whose end is unconfirmed. */
export function listable(view: ReplicaView, status: string | undefined): boolean {
  if (status !== 'terminated') return true;
  return isEc2Instance(view.ec2InstanceId) && !view.terminationConfirmed;
}

export function replicaTypeOf(word: string | null | undefined): ReplicaType {
  const text = (word ?? '').toLowerCase();
  if (text.includes('rebalance')) return 'automatic-rebalance';
  if (text.includes('terminat') || text.includes('emergency')) return 'automatic-termination';
  return text === 'switch' ? 'switch' : 'manual';
}

export function poolIdOrNull(text: string | null | undefined): string | null {
  const parsed = PoolId.safeParse(text);
  return parsed.success ? parsed.data : null;
}

const SYNC_WORDS: Readonly<Record<string, SyncStatus>> = {
  initializing: 'initializing',
  syncing: 'syncing',
  synced: 'synced',
  ready: 'synced',
  'in-sync': 'synced',
  'out-of-sync': 'out-of-sync',
};

export function syncStatusOf(word: string | null | undefined): SyncStatus | null {
  return SYNC_WORDS[(word ?? '').toLowerCase().replaceAll('_', '-')] ?? null;
}
