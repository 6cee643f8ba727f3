import { RegisterAgent as RegisterAgentRpc } from '@spotopt/contracts';
import { normaliseMode } from '@spotopt/contracts/http';
import type { BodyOf, RegisterAgentRoute, ResponseOf } from '@spotopt/contracts/http';
import type { CommandBell } from '../commands/ports.js';
import type { ServiceRequests } from '../ports.js';
import { toConfig } from './agent-wire.js';
import type { CachedAgentDirectory } from './cached-agent-directory.js';

export interface RegisterAgentParts {
  readonly requests: ServiceRequests;
  readonly directory: CachedAgentDirectory;
  readonly bell: CommandBell;
}

/** An agent ends when its registration fails, so the owner gets more time than for anything else. */
const TIMEOUT_MS = 15_000;
const MAX_LOGICAL_ID = 128;

function textOrNull(value: string | null | undefined): string | null {
  const text = value?.trim() ?? '';
  return text === '' || text === 'unknown' ? null : text;
}

/** Takes an installation in and makes its queue. */
export class RegisterAgent {
  constructor(private readonly parts: RegisterAgentParts) {}

  async execute(
    clientId: string,
    body: BodyOf<typeof RegisterAgentRoute>,
  ): Promise<ResponseOf<typeof RegisterAgentRoute>> {
    const { requests, directory, bell } = this.parts;
    const { agent, settings, created } = await requests.ask(
      RegisterAgentRpc,
      {
        clientId,
        // Installers leave it blank: then the instance is its own workload until the owner knows better (CT-04).
        logicalAgentId: (textOrNull(body.logical_agent_id) ?? body.instance_id).slice(0, MAX_LOGICAL_ID),
        ec2InstanceId: body.instance_id,
        instanceType: textOrNull(body.instance_type),
        region: textOrNull(body.region),
        az: textOrNull(body.az),
        amiId: textOrNull(body.ami_id),
        mode: normaliseMode(body.mode),
        hostname: textOrNull(body.hostname),
        privateIp: textOrNull(body.private_ip),
        publicIp: textOrNull(body.public_ip),
        agentVersion: textOrNull(body.agent_version),
        commandTypes: body.command_types ?? null,
      },
      { timeoutMs: TIMEOUT_MS },
    );
    directory.learn(agent);
    await bell.prepare(agent.agentKey);
    return {
      success: true,
      status: 'success',
      message: created ? 'agent registered' : 'agent registered again',
      agent_id: agent.agentKey,
      client_id: agent.clientId,
      logical_agent_id: agent.logicalAgentId,
      role: agent.role,
      epoch: agent.epoch,
      command_queue: bell.queueOf(agent.agentKey),
      config: toConfig(settings, agent.enabled && settings.enabled),
    };
  }
}
