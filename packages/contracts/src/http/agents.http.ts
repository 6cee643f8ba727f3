import { z } from 'zod';
import { defineRoute } from './define-route.js';
import { Acknowledged, OptionalFlag, OptionalNumber, OptionalText } from './wire-primitives.js';

/** Settings as agents read them: flat, every value present, never null (T4). */
export const AgentConfigBody = z.object({
  enabled: z.boolean(),
  auto_switch_enabled: z.boolean(),
  auto_terminate_enabled: z.boolean(),
  manual_replica_enabled: z.boolean(),
  terminate_wait_seconds: z.number().int(),
  replica_enabled: z.boolean(),
  replica_count: z.number().int(),
  min_savings_percent: z.number(),
  risk_threshold: z.number(),
  max_switches_per_week: z.number().int(),
  downtime_usd_per_minute: z.number().optional(),
  transfer_usd_per_switch: z.number().optional(),
  max_switches_per_day: z.number().int(),
  min_pool_duration_hours: z.number(),
  cooldown_minutes: z.number().int(),
  target_savings_percent: z.number(),
});
export type AgentConfigBody = z.infer<typeof AgentConfigBody>;

export const RegisterAgentRoute = defineRoute({
  id: 'registerAgent',
  at: 'POST /api/agents/register',
  summary: 'Registers an installation; its role is decided from its instance id.',
  access: 'client',
  body: z.object({
    hostname: OptionalText,
    instance_id: z.string().min(1).max(64),
    instance_type: OptionalText,
    region: OptionalText,
    az: OptionalText,
    ami_id: OptionalText,
    agent_version: OptionalText,
    logical_agent_id: OptionalText,
    mode: OptionalText,
    private_ip: OptionalText,
    public_ip: OptionalText,
    /** Command types that this agent understands; agents before version 5 do not say. */
    command_types: z.array(z.string().max(64)).max(64).nullish(),
  }),
  response: z.object({
    agent_id: z.string(),
    client_id: z.string(),
    logical_agent_id: z.string(),
    message: z.string(),
    status: z.string(),
    success: z.boolean(),
    role: z.string(),
    epoch: z.number().int(),
    command_queue: z.string(),
    config: AgentConfigBody,
  }),
});

export const HeartbeatRoute = defineRoute({
  id: 'reportHeartbeat',
  at: 'POST /api/agents/:agentId/heartbeat',
  summary: 'A sign of life of an installation.',
  access: 'client',
  telemetry: true,
  body: z.object({
    status: OptionalText,
    instance_id: OptionalText,
    mode: OptionalText,
    current_mode: OptionalText,
    epoch: z.number().int().nonnegative().nullish(),
    serving: OptionalFlag,
  }),
  response: z.object({ success: z.boolean(), status: z.string(), has_pending_commands: z.boolean() }),
});

export const GetAgentRoute = defineRoute({
  id: 'getAgent',
  at: 'GET /api/agents/:agentId',
  summary: 'The agent, as long as it exists; 404 means that it was deleted or never was.',
  access: 'client-or-admin',
  response: z.looseObject({ id: z.string(), agent_id: z.string(), status: z.string() }),
});

export const GetAgentConfigRoute = defineRoute({
  id: 'getAgentConfig',
  at: 'GET /api/agents/:agentId/config',
  summary: 'Settings as this installation must obey them.',
  access: 'client-or-admin',
  response: AgentConfigBody.extend({ role: z.string(), epoch: z.number().int() }),
});

export const GetReplicaConfigRoute = defineRoute({
  id: 'getReplicaConfig',
  at: 'GET /api/agents/:agentId/replica-config',
  summary: 'Whether a standby is kept.',
  access: 'client-or-admin',
  response: z.object({ enabled: z.boolean(), count: z.number().int() }),
});

/** Both spellings of both dashboards and of the documents (K7, K8, CT-101). */
/** As much as engines can reckon with; a million a minute is more than any workload earns. */
const LossUsd = z.number().min(0).max(1e6).nullish();

const SettingsBody = z.object({
  enabled: OptionalFlag,
  autoSwitchEnabled: OptionalFlag,
  auto_switch_enabled: OptionalFlag,
  manualReplicaEnabled: OptionalFlag,
  manual_replica_enabled: OptionalFlag,
  autoReplicaEnabled: OptionalFlag,
  auto_replica_enabled: OptionalFlag,
  autoTerminateEnabled: OptionalFlag,
  auto_terminate_enabled: OptionalFlag,
  terminateWaitMinutes: z.number().min(0).max(1440).nullish(),
  terminate_wait_minutes: z.number().min(0).max(1440).nullish(),
  terminateWaitSeconds: z.number().int().min(0).max(86_400).nullish(),
  terminate_wait_seconds: z.number().int().min(0).max(86_400).nullish(),
  minSavingsPercent: z.number().min(0).max(100).nullish(),
  min_savings_percent: z.number().min(0).max(100).nullish(),
  min_savings_threshold: z.number().min(0).max(100).nullish(),
  maxRisk: z.number().min(0).max(1).nullish(),
  max_risk_score: z.number().min(0).max(1).nullish(),
  risk_threshold: z.number().min(0).max(1).nullish(),
  cooldownMinutes: z.number().int().min(0).nullish(),
  cooldown_minutes: z.number().int().min(0).nullish(),
  maxSwitchesPerDay: z.number().int().min(0).nullish(),
  max_switches_per_day: z.number().int().min(0).nullish(),
  maxSwitchesPerWeek: z.number().int().min(0).nullish(),
  max_switches_per_week: z.number().int().min(0).nullish(),
  downtimeUsdPerMinute: LossUsd,
  downtime_usd_per_minute: LossUsd,
  transferUsdPerSwitch: LossUsd,
  transfer_usd_per_switch: LossUsd,
  target_savings_percent: OptionalNumber,
  replica_count: OptionalNumber,
});
export type SettingsBody = z.infer<typeof SettingsBody>;

const SettingsAnswer = AgentConfigBody.extend({
  success: z.boolean(),
  status: z.string(),
  message: z.string(),
});

export const ChangeSettingsRoute = defineRoute({
  id: 'changeAgentSettings',
  at: 'POST /api/client/agents/:agentId/settings',
  aliases: ['/api/client/agents/:agentId/config'],
  summary: 'Changes the given settings; automatic switching and a manual replica exclude each other.',
  access: 'client-or-admin',
  body: SettingsBody,
  response: SettingsAnswer,
});

export const ToggleEnabledRoute = defineRoute({
  id: 'toggleAgentEnabled',
  at: 'POST /api/client/agents/:agentId/toggle-enabled',
  summary: 'Switches an agent on or off; without a body it is flipped.',
  access: 'client-or-admin',
  body: z.object({ enabled: OptionalFlag }).nullish(),
  response: SettingsAnswer,
});

export const DeleteAgentRoute = defineRoute({
  id: 'deleteAgent',
  at: 'DELETE /api/client/agents/:agentId',
  summary: 'Soft delete: history stays, the logical id may register anew.',
  access: 'client-or-admin',
  response: Acknowledged.extend({ agent_id: z.string(), message: z.string() }),
});

/** One agent in a list, with the names of both dashboards. */
export const AgentItem = z.looseObject({
  id: z.string(),
  agent_id: z.string(),
  client_id: z.string(),
  logical_agent_id: z.string(),
  status: z.string(),
  hostname: z.string().nullable(),
  instance_id: z.string().nullable(),
  instance_type: z.string(),
  region: z.string(),
  az: z.string().nullable(),
  current_mode: z.string(),
  current_pool_id: z.string().nullable(),
  last_heartbeat_at: z.string().nullable(),
  enabled: z.boolean(),
  auto_switch_enabled: z.boolean(),
  auto_terminate_enabled: z.boolean(),
  manual_replica_enabled: z.boolean(),
  replica_count: z.number().int(),
});

export const ListClientAgentsRoute = defineRoute({
  id: 'listClientAgents',
  at: 'GET /api/client/:clientId/agents',
  summary: 'Agents of a tenant that are not deleted.',
  access: 'client-or-admin',
  response: z.object({ agents: z.array(AgentItem), total: z.number().int() }),
});

export const ListAgentsRoute = defineRoute({
  id: 'listAgents',
  at: 'GET /api/admin/agents',
  summary: 'Agents of every tenant.',
  access: 'admin',
  query: z.object({ status: z.string().optional() }),
  response: z.object({ agents: z.array(AgentItem), total: z.number().int() }),
});
