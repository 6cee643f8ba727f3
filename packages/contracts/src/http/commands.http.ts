import { z } from 'zod';
import { defineRoute } from './define-route.js';
import { Acknowledged, OptionalFlag, OptionalNumber, OptionalText } from './wire-primitives.js';

/** Flat fields are what deployed agents read; `command_id` and `parameters` say the same once more (CT-05). */
export const CommandItem = z.looseObject({
  id: z.string(),
  command_id: z.string(),
  command_type: z.string(),
  priority: z.number().int(),
  terminate_wait_seconds: z.number().int(),
  target_mode: z.string().nullable(),
  target_pool_id: z.string().nullable(),
  epoch: z.number().int(),
  created_at: z.string(),
  deadline_at: z.string(),
  parameters: z.looseObject({}),
});
export type CommandItem = z.infer<typeof CommandItem>;

export const PendingCommandsRoute = defineRoute({
  id: 'pendingCommands',
  at: 'GET /api/agents/:agentId/pending-commands',
  summary: 'Commands that wait for this installation: highest priority first, then oldest.',
  access: 'client',
  response: z.object({ commands: z.array(CommandItem) }),
});

export const CommandExecutedRoute = defineRoute({
  id: 'commandExecuted',
  at: 'POST /api/agents/:agentId/commands/:commandId/executed',
  summary: 'The end of a command; the first report counts.',
  access: 'client',
  body: z.object({
    success: z.boolean(),
    message: OptionalText,
    error: OptionalText,
    result: z.record(z.string(), z.unknown()).nullish(),
  }),
  response: Acknowledged.extend({ command_id: z.string(), message: z.string() }),
});

export const MarkCommandExecutedRoute = defineRoute({
  id: 'markCommandExecuted',
  at: 'POST /api/agents/:agentId/mark-command-executed',
  summary: 'The same for agents of version 3, which send no outcome.',
  access: 'client',
  body: z.object({ command_id: z.string().min(1) }),
  response: Acknowledged.extend({ command_id: z.string(), message: z.string() }),
});

export const IssueSwitchRoute = defineRoute({
  id: 'issueSwitchCommand',
  at: 'POST /api/agents/:agentId/issue-switch-command',
  aliases: ['/api/client/agents/:agentId/switch'],
  summary: 'Asks for a switch; a person’s request is an override, a program’s obeys the limits.',
  access: 'client-or-admin',
  status: 201,
  body: z.object({
    target_mode: OptionalText,
    target_pool_id: OptionalText,
    target_pool: OptionalText,
    reason: OptionalText,
    priority: OptionalNumber,
    trigger: OptionalText,
    created_by: OptionalText,
    request_id: OptionalText,
  }),
  response: z.looseObject({
    success: z.boolean(),
    status: z.string(),
    agent_id: z.string(),
    command_id: z.string().nullable(),
    message: z.string(),
  }),
});

export const ForceSwitchRoute = defineRoute({
  id: 'forceSwitch',
  at: 'POST /api/client/instances/:instanceId/force-switch',
  summary: 'A person’s switch of the workload that runs on this instance.',
  access: 'client-or-admin',
  body: z.object({
    target: OptionalText,
    target_type: OptionalText,
    pool_id: OptionalText,
    target_pool_id: OptionalText,
    target_pool: OptionalText,
    reason: OptionalText,
    auto_terminate: OptionalFlag,
  }),
  response: z.looseObject({ success: z.boolean(), status: z.string(), message: z.string() }),
});
