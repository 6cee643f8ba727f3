import { z } from 'zod';
import { defineRoute } from './define-route.js';
import { OptionalInstant, OptionalNumber, OptionalText } from './wire-primitives.js';

/** What any dialect says about a signal; the route says which signal it is when the body does not. */
export const SignalBody = z
  .looseObject({
    instance_id: OptionalText,
    signal_type: OptionalText,
    detected_at: OptionalInstant,
    notice_time: OptionalInstant,
    termination_time: OptionalInstant,
    time: OptionalInstant,
    time_until_termination_seconds: OptionalNumber,
  })
  .nullish();
export type SignalBody = z.infer<typeof SignalBody>;

/** Always 200: deployed agents read nothing else (T2). */
const SignalAnswer = z.looseObject({
  success: z.boolean(),
  status: z.string(),
  message: z.string(),
  action: z.string(),
  incident_id: z.string().nullable(),
});

export const RebalanceRoute = defineRoute({
  id: 'reportRebalance',
  at: 'POST /api/agents/:agentId/rebalance-recommendation',
  aliases: ['/api/agents/:agentId/rebalance-notice'],
  summary: 'AWS thinks that the instance is at risk.',
  access: 'client',
  urgent: true,
  body: SignalBody,
  response: SignalAnswer,
});

export const EmergencyReplicaRoute = defineRoute({
  id: 'createEmergencyReplica',
  at: 'POST /api/agents/:agentId/create-emergency-replica',
  summary: 'A signal together with the wish for a standby.',
  access: 'client',
  urgent: true,
  body: SignalBody,
  response: SignalAnswer.extend({
    replica_created: z.boolean(),
    replica_id: z.string().nullable(),
    replica_instance_id: z.string().nullable(),
    error: z.string().nullable(),
  }),
});

export const TerminationImminentRoute = defineRoute({
  id: 'reportTerminationImminent',
  at: 'POST /api/agents/:agentId/termination-imminent',
  aliases: ['/api/agents/:agentId/termination-notice'],
  summary: 'AWS takes the instance; starts the failover whatever the settings say.',
  access: 'client',
  urgent: true,
  body: SignalBody,
  response: SignalAnswer.extend({
    create_emergency_replica: z.boolean(),
    failover_initiated: z.boolean(),
    new_instance_id: z.string().nullable(),
    error: z.string().nullable(),
  }),
});

export const TerminationRoute = defineRoute({
  id: 'reportTerminationNoticeOrEnd',
  at: 'POST /api/agents/:agentId/termination',
  summary: 'A notice when the body carries a signal or a time, else the report that the instance is gone.',
  access: 'client',
  urgent: true,
  body: SignalBody,
  response: SignalAnswer,
});

export const InterruptionRoute = defineRoute({
  id: 'reportInterruption',
  at: 'POST /api/agents/:agentId/interruption',
  aliases: ['/api/agents/:agentId/interruption-signal'],
  summary: 'Any signal, named by `signal_type`.',
  access: 'client',
  urgent: true,
  body: SignalBody,
  response: SignalAnswer,
});

export const EmergencyStatusRoute = defineRoute({
  id: 'emergencyStatus',
  at: 'GET /api/agents/:agentId/emergency-status',
  aliases: ['/api/agents/:agentId/sef-status'],
  summary: 'Whether an interruption is open and what takes over.',
  access: 'client-or-admin',
  response: z.looseObject({
    notice_status: z.string(),
    notice_received_at: z.string().nullable(),
    notice_deadline: z.string().nullable(),
    emergency_mode_active: z.boolean(),
    emergency_replicas_count: z.number().int(),
    termination_notices_24h: z.number().int(),
  }),
});
