import { z } from 'zod';
import { defineRpc } from '../define.js';
import { DecisionMadeV1 } from '../events/decision.events.js';
import { Id } from '../primitives.js';

export const ListDecisions = defineRpc({
  owner: 'decision',
  name: 'list-decisions',
  summary: 'Decisions with their candidates and reasons, newest first.',
  request: z.object({
    clientId: Id.nullable(),
    agentId: Id.nullable(),
    limit: z.number().int().min(1).max(500).default(50),
  }),
  response: z.object({ decisions: z.array(DecisionMadeV1.data), total: z.number().int() }),
});
