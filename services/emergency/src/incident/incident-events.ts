import {
  createEvent,
  type EventDefinition,
  type EventOf,
  InterruptionDetectedV1,
  type NewEvent,
  type Severity,
} from '@spotopt/contracts';
import type { Clock, Ids } from '@spotopt/kernel';
import type { Incident, Signal } from './incident.js';

/** Settings that an emergency ignores (EM-03); said in every record so that nobody wonders. */
const BYPASSED = ['auto_switch_enabled', 'auto_replica_enabled', 'cooldown_minutes', 'max_switches_per_day'];

export class IncidentEvents {
  constructor(
    private readonly ids: Ids,
    private readonly clock: Clock,
  ) {}

  of<Definition extends EventDefinition>(
    definition: Definition,
    incident: Incident,
    data: NewEvent<Definition>['data'],
    severity: Severity,
  ): EventOf<Definition> {
    return createEvent(definition, {
      id: this.ids.next(),
      time: this.clock.now(),
      subject: incident.agentId,
      data,
      correlation: incident.id,
      severity,
    });
  }

  detected(incident: Incident, kind: Signal['kind']): EventOf<typeof InterruptionDetectedV1> {
    const terminate = incident.urgency === 'terminate';
    // An incident that began as a recommendation may be hours old when the notice comes.
    const detectedAt = terminate ? (incident.noticeAt ?? incident.firstSignalAt) : incident.firstSignalAt;
    return this.of(
      InterruptionDetectedV1,
      incident,
      {
        ...factsOf(incident),
        urgency: incident.urgency,
        signal: kind,
        deadlineAt: incident.deadlineAt?.toISOString() ?? null,
        detectedAt: detectedAt.toISOString(),
        risk: incident.risk,
        bypassed: terminate ? BYPASSED : [],
      },
      terminate ? 'critical' : 'warning',
    );
  }
}

export function factsOf(incident: Incident): {
  incidentId: string;
  agentId: string;
  clientId: string;
  ec2InstanceId: string;
} {
  return {
    incidentId: incident.id,
    agentId: incident.agentId,
    clientId: incident.clientId,
    ec2InstanceId: incident.ec2InstanceId,
  };
}
