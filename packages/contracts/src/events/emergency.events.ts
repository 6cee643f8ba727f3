import { z } from 'zod';
import { defineEvent } from '../define.js';
import { Id, Instant } from '../primitives.js';
import { InterruptionSignal } from './telemetry.events.js';

const OfIncident = {
  incidentId: Id,
  agentId: Id,
  clientId: Id,
  ec2InstanceId: z.string(),
};

export const InterruptionDetectedV1 = defineEvent({
  name: 'interruption.detected',
  version: 1,
  owner: 'emergency',
  summary: 'First signal of an incident, or one that raised its urgency. The coordinator acts on it.',
  subject: 'logical agent',
  data: z.object({
    ...OfIncident,
    urgency: z.enum(['warn', 'terminate']),
    signal: InterruptionSignal,
    /** When AWS takes the instance; for a notice without one, the time of the event plus 120 s less a margin. */
    deadlineAt: Instant.nullable(),
    /** When the signal that set the urgency was seen. */
    detectedAt: Instant,
    /** 0 to 1; null when too little is known. */
    risk: z.number().min(0).max(1).nullable(),
    /** Settings that the emergency ignores, for the record. */
    bypassed: z.array(z.string()),
  }),
});

export const InterruptionHandlingV1 = defineEvent({
  name: 'interruption.handling',
  version: 1,
  owner: 'emergency',
  summary: 'A failover for the incident is under way.',
  subject: 'logical agent',
  data: z.object({ ...OfIncident, switchId: Id }),
});

export const InterruptionSurvivedV1 = defineEvent({
  name: 'interruption.survived',
  version: 1,
  owner: 'emergency',
  summary: 'The workload runs on another instance.',
  subject: 'logical agent',
  data: z.object({
    ...OfIncident,
    switchId: Id,
    newEc2InstanceId: z.string().nullable(),
    failoverMs: z.number().nonnegative(),
    /** Part of the notice that was not needed; negative when the failover came after the deadline. */
    noticeUnusedMs: z.number().nullable(),
    downtimeMs: z.number().nonnegative().nullable(),
  }),
});

export const InterruptionLostV1 = defineEvent({
  name: 'interruption.lost',
  version: 1,
  owner: 'emergency',
  summary: 'The deadline passed and nothing took over.',
  subject: 'logical agent',
  data: z.object({ ...OfIncident, reason: z.string() }),
});

export const InterruptionExpiredV1 = defineEvent({
  name: 'interruption.expired',
  version: 1,
  owner: 'emergency',
  summary: 'A rebalance recommendation passed without a notice.',
  subject: 'logical agent',
  data: z.object({ ...OfIncident }),
});
