import { z } from 'zod';
import { Envelope } from '../define.js';
import { defineRoute } from './define-route.js';
import { queryInteger } from './wire-primitives.js';

export const ReplayEventsRoute = defineRoute({
  id: 'replayEvents',
  at: 'GET /api/events',
  summary: 'Events after a cursor, oldest first; the last 7 days are kept.',
  access: 'client-or-admin',
  query: z.object({
    after: queryInteger(0, Number.MAX_SAFE_INTEGER, 0),
    limit: queryInteger(1, 1000, 100),
    type: z.string().optional(),
    subject: z.string().optional(),
  }),
  response: z.object({
    events: z.array(z.object({ cursor: z.number().int(), event: Envelope })),
    /** Pass it as `after` for the next page. */
    next_cursor: z.number().int(),
    has_more: z.boolean(),
  }),
});

export const StreamEventsRoute = defineRoute({
  id: 'streamEvents',
  at: 'GET /api/events/stream',
  summary: 'Events as they happen (server-sent events); resumes after `Last-Event-ID`.',
  access: 'client-or-admin',
  query: z.object({
    after: z.coerce.number().int().nonnegative().optional(),
    client_id: z.string().optional(),
  }),
  response: z.string(),
});
