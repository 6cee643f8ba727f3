import { z } from 'zod';
import { defineRpc } from '../define.js';
import { Id, Instant, Mode, PoolId } from '../primitives.js';
import { AgentRef } from './fleet.rpc.js';

/** Requests about switches, which `replica` carries out and keeps. */

export const RequestSwitch = defineRpc({
  owner: 'replica',
  name: 'request-switch',
  summary:
    'A person’s or a program’s switch. Limits bind programs only; the same request id gives the same answer.',
  request: z.object({
    ...AgentRef,
    targetMode: z.enum(['spot', 'ondemand']),
    targetPoolId: PoolId.nullable(),
    trigger: z.enum(['manual', 'model']),
    reason: z.string(),
    requestedBy: z.string(),
    requestId: z.string().nullable(),
  }),
  response: z.discriminatedUnion('outcome', [
    z.object({ outcome: z.literal('started'), switchId: Id }),
    z.object({ outcome: z.literal('refused'), code: z.string(), reason: z.string() }),
  ]),
});

export const SwitchView = z.object({
  switchId: Id,
  agentId: Id,
  clientId: Id,
  trigger: z.string(),
  reason: z.string(),
  status: z.enum(['running', 'finished', 'failed']),
  step: z.string(),
  fromMode: Mode,
  fromPoolId: PoolId,
  fromEc2InstanceId: z.string().nullable(),
  toMode: Mode.nullable(),
  toPoolId: PoolId.nullable(),
  toEc2InstanceId: z.string().nullable(),
  startedAt: Instant,
  finishedAt: Instant.nullable(),
  downtimeMs: z.number().nullable(),
  /** Price of the new place when the switch was made. */
  newUsdPerHour: z.number().nullable(),
  /** Against the old place. */
  savingsUsdPerHour: z.number().nullable(),
});
export type SwitchView = z.infer<typeof SwitchView>;

export const ListSwitches = defineRpc({
  owner: 'replica',
  name: 'list-switches',
  summary: 'Switches, newest first.',
  request: z.object({
    clientId: Id.nullable(),
    agentId: Id.nullable(),
    limit: z.number().int().min(1).max(500).default(100),
    offset: z.number().int().nonnegative().default(0),
  }),
  response: z.object({ switches: z.array(SwitchView), total: z.number().int() }),
});
