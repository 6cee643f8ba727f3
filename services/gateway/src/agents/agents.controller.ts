import { Param } from '@nestjs/common';
import { GetAgentConfig } from '@spotopt/contracts';
import type { BodyOf, ResponseOf } from '@spotopt/contracts/http';
import {
  GetAgentConfigRoute,
  GetAgentRoute,
  GetReplicaConfigRoute,
  HeartbeatRoute,
  RegisterAgentRoute,
  normaliseMode,
} from '@spotopt/contracts/http';
import { AppError } from '@spotopt/kernel';
import { scopeOf } from '../caller.js';
import type { Caller } from '../caller.js';
import { PendingCommands } from '../commands/ports.js';
import { ServiceRequests } from '../ports.js';
import { BodyFor, By, Routes, Serves } from '../route.js';
import { toAgentConfig } from './agent-wire.js';
import { HeartbeatBuffer } from './heartbeat-buffer.js';
import { AgentDirectory } from './ports.js';
import type { Beat } from './ports.js';
import { RegisterAgent } from './register-agent.js';

/** Old answers will do for a sign of life: a change of role comes as an event. */
const HEARTBEAT_MAX_AGE_MS = 60_000;
const STATUSES: readonly Beat['status'][] = ['online', 'disabled', 'offline', 'switching', 'error'];

function beatStatus(text: string | null | undefined): Beat['status'] {
  return STATUSES.find((status) => status === text) ?? 'online';
}

@Routes()
export class AgentsController {
  constructor(
    private readonly registerAgent: RegisterAgent,
    private readonly heartbeats: HeartbeatBuffer,
    private readonly directory: AgentDirectory,
    private readonly pending: PendingCommands,
    private readonly requests: ServiceRequests,
  ) {}

  @Serves(RegisterAgentRoute)
  async register(
    @By() caller: Caller,
    @BodyFor(RegisterAgentRoute) body: BodyOf<typeof RegisterAgentRoute>,
  ): Promise<ResponseOf<typeof RegisterAgentRoute>> {
    const clientId = scopeOf(caller);
    if (clientId === null) throw AppError.permanent('forbidden', 'only a client registers agents');
    return this.registerAgent.execute(clientId, body);
  }

  @Serves(HeartbeatRoute)
  async heartbeat(
    @By() caller: Caller,
    @Param('agentId') agentId: string,
    @BodyFor(HeartbeatRoute) body: BodyOf<typeof HeartbeatRoute>,
  ): Promise<ResponseOf<typeof HeartbeatRoute>> {
    const agent = await this.directory.resolve(caller, agentId, { maxAgeMs: HEARTBEAT_MAX_AGE_MS });
    this.heartbeats.add(agent, {
      status: beatStatus(body.status),
      ec2InstanceId: body.instance_id ?? null,
      mode: normaliseMode(body.mode ?? body.current_mode),
      epoch: body.epoch ?? null,
      serving: body.serving ?? null,
    });
    return { success: true, status: 'success', has_pending_commands: await this.pending.hasPending(agent) };
  }

  @Serves(GetAgentRoute)
  async get(
    @By() caller: Caller,
    @Param('agentId') agentId: string,
  ): Promise<ResponseOf<typeof GetAgentRoute>> {
    const agent = await this.directory.resolve(caller, agentId);
    return {
      id: agent.agentKey,
      agent_id: agent.agentKey,
      client_id: agent.clientId,
      logical_agent_id: agent.logicalAgentId,
      workload_id: agent.agentId,
      instance_id: agent.ec2InstanceId,
      role: agent.role,
      epoch: agent.epoch,
      enabled: agent.enabled,
      status: 'registered',
    };
  }

  @Serves(GetAgentConfigRoute)
  async config(
    @By() caller: Caller,
    @Param('agentId') agentId: string,
  ): Promise<ResponseOf<typeof GetAgentConfigRoute>> {
    const request = { clientId: scopeOf(caller), agentRef: agentId };
    const { agent, settings } = await this.requests.ask(GetAgentConfig, request);
    return toAgentConfig(agent, settings);
  }

  @Serves(GetReplicaConfigRoute)
  async replicaConfig(
    @By() caller: Caller,
    @Param('agentId') agentId: string,
  ): Promise<ResponseOf<typeof GetReplicaConfigRoute>> {
    const request = { clientId: scopeOf(caller), agentRef: agentId };
    const { agent, settings } = await this.requests.ask(GetAgentConfig, request);
    const config = toAgentConfig(agent, settings);
    return { enabled: config.replica_enabled, count: config.replica_count };
  }
}
