import { z } from 'zod';
import { defineRoute } from './define-route.js';
import { Acknowledged, OptionalText } from './wire-primitives.js';

export const ValidateTokenRoute = defineRoute({
  id: 'validateToken',
  at: 'GET /api/client/validate',
  summary: 'Who a tenant token belongs to.',
  access: 'client',
  response: z.object({
    valid: z.boolean(),
    client_id: z.string(),
    name: z.string(),
    email: z.string().nullable(),
    status: z.string(),
  }),
});

export const GetClientRoute = defineRoute({
  id: 'getClient',
  at: 'GET /api/client/:clientId',
  summary: 'A tenant with its figures, in the names of both dashboards.',
  access: 'client-or-admin',
  response: z.looseObject({
    id: z.string(),
    name: z.string(),
    status: z.string(),
    totalSavings: z.number(),
    agentsOnline: z.number().int(),
    agentsTotal: z.number().int(),
    total_agents: z.number().int(),
    online_agents: z.number().int(),
    total_switches: z.number().int(),
    total_savings: z.number(),
  }),
});

export const ClientItem = z.looseObject({
  id: z.string(),
  name: z.string(),
  email: z.string().nullable(),
  status: z.string(),
  created_at: z.string(),
  instances: z.number().int(),
  agentsOnline: z.number().int(),
  agentsTotal: z.number().int(),
  totalSavings: z.number(),
});

export const ListClientsRoute = defineRoute({
  id: 'listClients',
  at: 'GET /api/admin/clients',
  summary: 'Tenants.',
  access: 'admin',
  response: z.object({
    clients: z.array(ClientItem),
    total: z.number().int(),
    partial: z.boolean(),
    missing: z.array(z.string()),
  }),
});

export const CreateClientRoute = defineRoute({
  id: 'createClient',
  at: 'POST /api/admin/clients',
  aliases: ['/api/admin/clients/create'],
  summary: 'A new tenant and its token.',
  access: 'admin',
  status: 201,
  secret: true,
  body: z.object({
    name: z.string().trim().min(1).max(120),
    email: z.email().max(254).nullish(),
  }),
  response: Acknowledged.extend({
    client_id: z.string(),
    token: z.string(),
    message: z.string(),
    client: z.looseObject({ id: z.string(), name: z.string(), token: z.string(), status: z.string() }),
  }),
});

export const DeleteClientRoute = defineRoute({
  id: 'deleteClient',
  at: 'DELETE /api/admin/clients/:clientId',
  summary: 'Deletes a tenant: its token is dead at once, its agents are deleted, its history stays.',
  access: 'admin',
  response: Acknowledged.extend({ client_id: z.string(), message: z.string() }),
});

export const RegenerateTokenRoute = defineRoute({
  id: 'regenerateToken',
  at: 'POST /api/admin/clients/:clientId/regenerate-token',
  summary: 'Replaces a tenant’s token; the old one is dead within five seconds.',
  access: 'admin',
  secret: true,
  response: Acknowledged.extend({
    token: z.string(),
    new_token: z.string(),
    client_id: z.string(),
    message: z.string(),
  }),
});

export const RevealTokenRoute = defineRoute({
  id: 'revealToken',
  at: 'GET /api/admin/clients/:clientId/token',
  summary: 'A tenant’s token in clear; every look is recorded.',
  access: 'admin',
  secret: true,
  response: z.object({
    token: z.string(),
    client_id: z.string(),
    client_name: z.string(),
    status: OptionalText,
  }),
});
