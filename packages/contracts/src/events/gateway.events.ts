import { z } from 'zod';
import { defineEvent } from '../define.js';
import { Id, Instant } from '../primitives.js';

const OfCommand = {
  commandId: Id,
  commandType: z.string(),
  agentKey: Id,
  agentId: Id,
  clientId: Id,
};

export const CommandQueuedV1 = defineEvent({
  name: 'agent.command.queued',
  version: 1,
  owner: 'gateway',
  summary: 'A command lies in the agent’s mailbox; its queue has been rung.',
  subject: 'logical agent',
  data: z.object({ ...OfCommand, priority: z.number().int(), deadlineAt: Instant }),
});

export const CommandCompletedV1 = defineEvent({
  name: 'agent.command.completed',
  version: 1,
  owner: 'gateway',
  summary: 'An agent reported the end of a command, well or badly.',
  subject: 'logical agent',
  data: z.object({
    ...OfCommand,
    success: z.boolean(),
    message: z.string(),
    /** What the agent measured or made: `newInstanceId`, `servingSince`, `servedUntil`, … */
    result: z.record(z.string(), z.unknown()),
    finishedAt: Instant,
  }),
});

export const CommandExpiredV1 = defineEvent({
  name: 'agent.command.expired',
  version: 1,
  owner: 'gateway',
  summary: 'A command’s deadline passed before the agent reported its end.',
  subject: 'logical agent',
  data: z.object({ ...OfCommand, deadlineAt: Instant }),
});

export const ClientCreatedV1 = defineEvent({
  name: 'client.created',
  version: 1,
  owner: 'gateway',
  summary: 'A tenant was created.',
  subject: 'client',
  data: z.object({ clientId: Id, name: z.string() }),
});

export const ClientTokenRegeneratedV1 = defineEvent({
  name: 'client.token-regenerated',
  version: 1,
  owner: 'gateway',
  summary: 'A tenant’s token was replaced; the old one is dead.',
  subject: 'client',
  data: z.object({ clientId: Id }),
});

export const ClientDeletedV1 = defineEvent({
  name: 'client.deleted',
  version: 1,
  owner: 'gateway',
  summary: 'A tenant was deleted.',
  subject: 'client',
  data: z.object({ clientId: Id }),
});
