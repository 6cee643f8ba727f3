import type { IncidentView } from '@spotopt/contracts';
import type { Incident } from './incident.js';

export function toIncidentView(incident: Incident): IncidentView {
  return {
    incidentId: incident.id,
    agentId: incident.agentId,
    clientId: incident.clientId,
    ec2InstanceId: incident.ec2InstanceId,
    state: incident.state,
    urgency: incident.urgency,
    firstSignalAt: incident.firstSignalAt.toISOString(),
    deadlineAt: incident.deadlineAt?.toISOString() ?? null,
    signalCount: incident.signalCount,
    risk: incident.risk,
    switchId: incident.switchId,
    failoverMs: incident.failoverMs,
    closedAt: incident.closedAt?.toISOString() ?? null,
  };
}
