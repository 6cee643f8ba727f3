import { ListIncidents, ListReplicas } from '@spotopt/contracts';
import type { IncidentView, ReplicaView, ResolvedAgent } from '@spotopt/contracts';
import type { EmergencyStatusRoute, ResponseOf } from '@spotopt/contracts/http';
import type { Clock } from '@spotopt/kernel';
import type { ServiceRequests } from '../ports.js';

const INCIDENTS = 50;
const DAY_MS = 86_400_000;

function isOpen({ state }: IncidentView): boolean {
  return state === 'detected' || state === 'handling';
}

function noticeStatus(incident: IncidentView | undefined): 'none' | 'rebalance' | 'termination' {
  if (incident === undefined) return 'none';
  return incident.urgency === 'terminate' ? 'termination' : 'rebalance';
}

function standby(replicas: readonly ReplicaView[]): Record<string, unknown> | null {
  const replica = replicas.find(({ replicaType }) => replicaType.startsWith('automatic-')) ?? replicas[0];
  if (replica === undefined) return null;
  const { replicaId, status, poolId, stateTransferProgress } = replica;
  return { id: replicaId, status, pool_id: poolId, sync_progress: stateTransferProgress };
}

function lastEvent(incident: IncidentView | undefined): Record<string, unknown> | null {
  if (incident === undefined) return null;
  return {
    timestamp: incident.firstSignalAt,
    type: incident.urgency === 'terminate' ? 'termination' : 'rebalance',
    action_taken: incident.switchId === null ? 'none' : 'failover',
    outcome: incident.state,
  };
}

/** The union of what the documents want to read about an emergency (E7). */
export class GetEmergencyStatus {
  constructor(private readonly parts: { requests: ServiceRequests; clock: Clock }) {}

  async execute(agent: ResolvedAgent): Promise<ResponseOf<typeof EmergencyStatusRoute>> {
    const { requests, clock } = this.parts;
    const { clientId, agentId } = agent;
    const [{ incidents }, { replicas }] = await Promise.all([
      requests.ask(ListIncidents, { clientId, agentId, limit: INCIDENTS }),
      requests.ask(ListReplicas, { clientId, agentRef: agentId, status: null }),
    ]);
    const open = incidents.find(isOpen);
    const since = clock.nowMs() - DAY_MS;
    const notices = incidents.filter(
      ({ urgency, firstSignalAt }) => urgency === 'terminate' && Date.parse(firstSignalAt) >= since,
    );
    return {
      agent_id: agent.agentKey,
      notice_status: noticeStatus(open),
      notice_received_at: open?.firstSignalAt ?? null,
      notice_deadline: open?.deadlineAt ?? null,
      emergency_replica: standby(replicas),
      emergency_mode_active: open?.urgency === 'terminate',
      rebalance_only_mode: open?.urgency === 'warn',
      last_emergency_event: lastEvent(incidents[0]),
      emergency_replicas_count: replicas.length,
      termination_notices_24h: notices.length,
    };
  }
}
