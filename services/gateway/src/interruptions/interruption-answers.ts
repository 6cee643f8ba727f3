import type { InterruptionAnswer, InterruptionOutcome } from './report-interruption.js';

/** Time that a new instance takes to boot, for agents that want a number (001). */
const ESTIMATED_READY_SECONDS = 120;

interface Facts {
  readonly accepted: boolean;
  readonly message: string;
  readonly incidentId: string | null;
  readonly riskScore: number;
  /** A switch to a standby runs. */
  readonly failover: boolean;
  readonly standbyReady: boolean;
  readonly replicaId: string | null;
  readonly standbyInstanceId: string | null;
  readonly askAgentToLaunch: boolean;
}

const NOTHING_KNOWN = {
  incidentId: null,
  riskScore: 0,
  failover: false,
  standbyReady: false,
  replicaId: null,
  standbyInstanceId: null,
  askAgentToLaunch: false,
};

function isFailover({ incident }: InterruptionAnswer): boolean {
  return incident.switchId !== null && (incident.state === 'handling' || incident.state === 'survived');
}

function standbyFacts({
  standby,
}: InterruptionAnswer): Pick<Facts, 'standbyReady' | 'replicaId' | 'standbyInstanceId'> {
  if (standby === null) return { standbyReady: false, replicaId: null, standbyInstanceId: null };
  return {
    standbyReady: standby.ready,
    replicaId: standby.replicaId,
    standbyInstanceId: standby.ec2InstanceId,
  };
}

function factsOf(outcome: InterruptionOutcome): Facts {
  if (outcome.kind !== 'answered') return { ...NOTHING_KNOWN, accepted: false, message: outcome.reason };
  const { incident, askAgentToLaunch } = outcome.answer;
  const failover = isFailover(outcome.answer);
  return {
    accepted: true,
    message: failover ? 'failover is under way' : `incident is ${incident.state}`,
    incidentId: incident.incidentId,
    riskScore: incident.risk ?? 0,
    failover,
    ...standbyFacts(outcome.answer),
    askAgentToLaunch,
  };
}

type CommonAnswer = {
  success: boolean;
  status: string;
  message: string;
  action: string;
  incident_id: string | null;
  risk_score: number;
  reason: string;
};

/** `switch` only when a switch really runs (CT-81). */
function common(facts: Facts): CommonAnswer {
  return {
    success: facts.accepted,
    status: facts.accepted ? 'acknowledged' : 'queued',
    message: facts.message,
    action: facts.failover ? 'switch' : 'monitor',
    incident_id: facts.incidentId,
    risk_score: facts.riskScore,
    reason: facts.message,
  };
}

export function signalAnswer(
  outcome: InterruptionOutcome,
): CommonAnswer & { emergency_replica_id: string | null } {
  const facts = factsOf(outcome);
  return { ...common(facts), emergency_replica_id: facts.replicaId };
}

export type EmergencyReplicaAnswer = CommonAnswer & {
  replica_created: boolean;
  replica_id: string | null;
  replica_instance_id: string | null;
  instance_id: string | null;
  estimated_ready_time_seconds: number;
  error: string | null;
};

export function emergencyReplicaAnswer(outcome: InterruptionOutcome): EmergencyReplicaAnswer {
  const facts = factsOf(outcome);
  const created = facts.replicaId !== null;
  return {
    ...common(facts),
    success: created,
    replica_created: created,
    replica_id: facts.replicaId,
    replica_instance_id: facts.standbyInstanceId,
    instance_id: facts.standbyInstanceId,
    estimated_ready_time_seconds: facts.standbyReady ? 0 : ESTIMATED_READY_SECONDS,
    error: created ? null : facts.message,
  };
}

export type TerminationAnswer = CommonAnswer & {
  create_emergency_replica: boolean;
  failover_initiated: boolean;
  new_instance_id: string | null;
  new_primary_instance_id: string | null;
  replica_id: string | null;
  error: string | null;
};

/** A deployed agent stops itself on `success`: only when a ready standby takes over. */
export function terminationAnswer(outcome: InterruptionOutcome): TerminationAnswer {
  const facts = factsOf(outcome);
  const takenOver = facts.failover && facts.standbyReady;
  const newInstance = takenOver ? facts.standbyInstanceId : null;
  return {
    ...common(facts),
    success: takenOver,
    action: takenOver ? 'replica_promoted' : 'emergency_snapshot_required',
    create_emergency_replica: facts.askAgentToLaunch,
    failover_initiated: facts.failover,
    new_instance_id: newInstance,
    new_primary_instance_id: newInstance,
    replica_id: facts.replicaId,
    error: takenOver ? null : facts.message,
  };
}
