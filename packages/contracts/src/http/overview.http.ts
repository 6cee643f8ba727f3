import { z } from 'zod';
import { defineRoute } from './define-route.js';
import { Acknowledged, OptionalText, queryInteger } from './wire-primitives.js';

export const AdminStatsRoute = defineRoute({
  id: 'adminStats',
  at: 'GET /api/admin/stats',
  summary: 'Counts over all tenants; `missing` names a source that did not answer.',
  access: 'admin',
  response: z.looseObject({
    totalAccounts: z.number(),
    agentsOnline: z.number(),
    agentsTotal: z.number(),
    poolsCovered: z.number(),
    totalSavings: z.number(),
    totalSwitches: z.number(),
    modelSwitches: z.number(),
    manualSwitches: z.number(),
    total_clients: z.number(),
    total_agents: z.number(),
    total_instances: z.number(),
    total_switches_today: z.number(),
    total_savings_month: z.number(),
    avg_savings_percent: z.number(),
    active_replicas: z.number(),
    partial: z.boolean(),
    missing: z.array(z.string()),
  }),
});

export const ActivityRoute = defineRoute({
  id: 'listActivity',
  at: 'GET /api/admin/activity',
  summary: 'What happened lately, newest first.',
  access: 'client-or-admin',
  query: z.object({ limit: queryInteger(1, 500, 50), agent_id: z.string().optional() }),
  response: z.object({
    events: z.array(
      z.looseObject({
        id: z.string(),
        event_id: z.string(),
        type: z.string(),
        event_type: z.string(),
        text: z.string(),
        message: z.string(),
        severity: z.string(),
        time: z.string(),
        created_at: z.string(),
      }),
    ),
    total: z.number().int(),
  }),
});

export const AdminInstancesRoute = defineRoute({
  id: 'listInstances',
  at: 'GET /api/admin/instances',
  summary: 'The instances that workloads run on, with their prices.',
  access: 'admin',
  query: z.object({
    mode: z.string().optional(),
    region: z.string().optional(),
    search: z.string().optional(),
  }),
  response: z.object({
    instances: z.array(
      z.looseObject({
        id: z.string(),
        clientName: z.string(),
        instanceType: z.string(),
        region: z.string(),
        currentMode: z.string(),
        spotPrice: z.number().nullable(),
        ondemandPrice: z.number().nullable(),
      }),
    ),
    total: z.number().int(),
  }),
});

const SwitchItem = z.looseObject({
  id: z.string(),
  switch_id: z.string(),
  agent_id: z.string(),
  status: z.string(),
  trigger: z.string(),
  initiated_at: z.string(),
});

export const SwitchHistoryRoute = defineRoute({
  id: 'switchHistory',
  at: 'GET /api/client/:clientId/switch-history',
  aliases: ['/api/client/:clientId/switches'],
  summary: 'Switches of a tenant, newest first, in the names of both dashboards.',
  access: 'client-or-admin',
  query: z.object({
    limit: queryInteger(1, 500, 50),
    offset: queryInteger(0, 1_000_000, 0),
    agent_id: z.string().optional(),
    instance_id: z.string().optional(),
  }),
  response: z.object({ switches: z.array(SwitchItem), total: z.number().int() }),
});

export const AllSwitchesRoute = defineRoute({
  id: 'listSwitches',
  at: 'GET /api/switches',
  summary: 'Switches the caller may see, newest first.',
  access: 'client-or-admin',
  query: z.object({
    limit: queryInteger(1, 500, 50),
    offset: queryInteger(0, 1_000_000, 0),
    agent_id: z.string().optional(),
  }),
  response: z.object({ switches: z.array(SwitchItem), total: z.number().int() }),
});

export const NotificationsRoute = defineRoute({
  id: 'listNotifications',
  at: 'GET /api/notifications',
  summary: 'Notifications, newest first.',
  access: 'client-or-admin',
  query: z.object({
    limit: queryInteger(1, 500, 50),
    client_id: z.string().optional(),
    unread_only: z.stringbool().optional(),
  }),
  response: z.object({
    notifications: z.array(
      z.looseObject({
        id: z.string(),
        message: z.string(),
        severity: z.string(),
        isRead: z.boolean(),
        read: z.boolean(),
        time: z.string(),
        created_at: z.string(),
      }),
    ),
    unread: z.number().int(),
  }),
});

export const MarkNotificationReadRoute = defineRoute({
  id: 'markNotificationRead',
  at: 'POST /api/notifications/:notificationId/mark-read',
  summary: 'Marks one notification as read.',
  access: 'client-or-admin',
  response: Acknowledged.extend({ marked_read: z.number().int() }),
});

export const MarkAllReadRoute = defineRoute({
  id: 'markAllNotificationsRead',
  at: 'POST /api/notifications/mark-all-read',
  summary: 'Marks everything the caller sees, or one tenant’s notifications, as read.',
  access: 'client-or-admin',
  body: z.object({ client_id: OptionalText }).nullish(),
  response: Acknowledged.extend({ marked_read: z.number().int() }),
});

export const DecisionsRoute = defineRoute({
  id: 'listDecisions',
  at: 'GET /api/decisions',
  summary: 'Decisions with every candidate and the reason, newest first.',
  access: 'client-or-admin',
  query: z.object({ agent_id: z.string().optional(), limit: queryInteger(1, 500, 50) }),
  response: z.object({
    decisions: z.array(z.looseObject({ decision_id: z.string(), agent_id: z.string(), action: z.string() })),
    total: z.number().int(),
  }),
});

export const IncidentsRoute = defineRoute({
  id: 'listIncidents',
  at: 'GET /api/incidents',
  summary: 'Interruption incidents, newest first.',
  access: 'client-or-admin',
  query: z.object({ agent_id: z.string().optional(), limit: queryInteger(1, 500, 100) }),
  response: z.object({
    incidents: z.array(z.looseObject({ incident_id: z.string(), agent_id: z.string(), state: z.string() })),
    total: z.number().int(),
  }),
});
