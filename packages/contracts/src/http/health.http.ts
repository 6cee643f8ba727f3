import { z } from 'zod';
import { defineRoute } from './define-route.js';

export const RootRoute = defineRoute({
  id: 'root',
  at: 'GET /api',
  aliases: ['/'],
  summary: 'Name and version.',
  access: 'public',
  response: z.object({ service: z.string(), version: z.string(), status: z.string() }),
});

export const HealthRoute = defineRoute({
  id: 'health',
  at: 'GET /health',
  aliases: ['/api/health', '/health/ready'],
  summary: 'Whether this process can serve; 503 when it cannot.',
  access: 'public',
  response: z.looseObject({
    status: z.string(),
    timestamp: z.string(),
    database: z.object({ connected: z.boolean() }),
    broker: z.object({ connected: z.boolean() }),
  }),
});

export const LiveRoute = defineRoute({
  id: 'live',
  at: 'GET /health/live',
  summary: 'The process runs.',
  access: 'public',
  response: z.object({ status: z.string() }),
});

export const MetricsRoute = defineRoute({
  id: 'metrics',
  at: 'GET /metrics',
  summary: 'Prometheus metrics.',
  access: 'public',
  response: z.string(),
});

export const OpenApiRoute = defineRoute({
  id: 'openApi',
  at: 'GET /api/openapi.json',
  summary: 'This description.',
  access: 'public',
  response: z.looseObject({ openapi: z.string() }),
});
