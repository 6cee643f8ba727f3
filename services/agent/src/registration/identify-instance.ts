import type { InstanceMetadata } from '@spotopt/cloud';
import { backoffMs } from '@spotopt/kernel';
import type { Clock } from '@spotopt/kernel';
import { FLEET_TAGS } from '../commands/fleet-tags.js';
import type { AgentLogger } from '../logging.js';
import { Session } from './session.js';

export interface IdentifyInstanceDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly metadata: InstanceMetadata;
  readonly logger: AgentLogger;
  /** As configured; goes before the instance's tag. */
  readonly logicalAgentId: string | undefined;
}

async function readSession(deps: IdentifyInstanceDeps): Promise<Session> {
  const { metadata } = deps;
  const identity = await metadata.identity();
  const logicalAgentId =
    deps.logicalAgentId ?? (await metadata.tag(FLEET_TAGS.logicalAgentId)) ?? identity.ec2InstanceId;
  const replicaId = await metadata.tag(FLEET_TAGS.replicaId);
  return new Session(identity, logicalAgentId, replicaId);
}

/** Asks the metadata service who this is, until it answers; undefined when told to stop before. */
export async function identifyInstance(
  deps: IdentifyInstanceDeps,
  signal: AbortSignal,
): Promise<Session | undefined> {
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    try {
      return await readSession(deps);
    } catch (error) {
      deps.logger.warn({ error, attempt }, 'instance metadata not available yet');
      await deps.clock.sleep(backoffMs(attempt, { initialMs: 500, maxMs: 15_000 }, deps.random()), signal);
    }
  }
  return undefined;
}
