import { z } from 'zod';
import { defineRpc } from '../define.js';
import { InterruptionReportedV1 } from '../events/telemetry.events.js';
import { Id, Instant } from '../primitives.js';

export const IncidentView = z.object({
  incidentId: Id,
  agentId: Id,
  clientId: Id,
  ec2InstanceId: z.string(),
  state: z.enum(['detected', 'handling', 'survived', 'lost', 'expired']),
  urgency: z.enum(['warn', 'terminate']),
  firstSignalAt: Instant,
  deadlineAt: Instant.nullable(),
  signalCount: z.number().int(),
  risk: z.number().nullable(),
  switchId: Id.nullable(),
  failoverMs: z.number().nullable(),
  closedAt: Instant.nullable(),
});
export type IncidentView = z.infer<typeof IncidentView>;

export const ReportInterruption = defineRpc({
  owner: 'emergency',
  name: 'report-interruption',
  summary:
    'Takes a signal that must be answered at once. All signals of one instance fuse into one incident.',
  request: InterruptionReportedV1.data,
  response: z.object({
    incident: IncidentView,
    /** True for the call that opened the incident or raised its urgency. */
    changed: z.boolean(),
    /** The standby that takes over, when there is one. */
    standby: z.object({ replicaId: Id, ec2InstanceId: z.string(), ready: z.boolean() }).nullable(),
    /** Ask the agent to launch a replacement itself: true at most once per incident (CT-82). */
    askAgentToLaunch: z.boolean(),
  }),
});

export const ListIncidents = defineRpc({
  owner: 'emergency',
  name: 'list-incidents',
  summary: 'Incidents, newest first.',
  request: z.object({
    clientId: Id.nullable(),
    agentId: Id.nullable(),
    limit: z.number().int().min(1).max(500).default(100),
  }),
  response: z.object({ incidents: z.array(IncidentView), total: z.number().int() }),
});
