import type { Clock, Deadline } from '@spotopt/kernel';
import { AppError, backoffMs, isAppError } from '@spotopt/kernel';
import type { Instances } from '@spotopt/cloud';
import type { Gateway } from '../gateway/gateway.js';
import type { AgentLogger } from '../logging.js';
import type { CommandHandler, CommandOutcome } from './execute-command.js';
import type { LaunchTwin } from './launch-twin.js';
import { fleetTags } from './fleet-tags.js';

export interface ReplicaCommandsDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly gateway: Gateway;
  readonly instances: Instances;
  readonly launchTwin: LaunchTwin;
  readonly logger: AgentLogger;
  readonly agentKey: () => string;
  readonly ownInstanceId: () => string;
  readonly isServing: () => boolean;
  readonly logicalAgentId: () => string;
}

/** Launches a standby under its replica id, so that asking twice starts one machine. */
export function createReplica(deps: ReplicaCommandsDeps): CommandHandler<'create_replica'> {
  return {
    async execute(command, deadline): Promise<CommandOutcome> {
      const { replicaId, poolId, targetMode } = command;
      const launched = await deps.launchTwin.execute(
        {
          clientToken: replicaId,
          poolId,
          mode: targetMode,
          tags: fleetTags({ logicalAgentId: deps.logicalAgentId(), clientId: command.clientId, replicaId }),
        },
        deadline,
      );
      await assignReplica(deps, { replicaId, ec2InstanceId: launched.ec2InstanceId, deadline });
      const { ec2InstanceId } = launched;
      return {
        message: `launched ${ec2InstanceId} in ${poolId}`,
        result: { replicaId, newInstanceId: ec2InstanceId, ec2InstanceId, poolId, market: launched.market },
      };
    },
  };
}

interface Assignment {
  readonly replicaId: string;
  readonly ec2InstanceId: string;
  readonly deadline: Deadline;
}

/** Tells whose machine it is until that is known; the outcome of the command says it once more. */
async function assignReplica(deps: ReplicaCommandsDeps, assignment: Assignment): Promise<void> {
  const { clock, random, gateway, logger, agentKey } = deps;
  const { replicaId, ec2InstanceId, deadline } = assignment;
  for (let attempt = 1; attempt <= 4; attempt += 1) {
    try {
      await gateway.assignReplica(agentKey(), replicaId, ec2InstanceId);
      return;
    } catch (error) {
      logger.warn({ replicaId, ec2InstanceId, error }, 'instance of the standby not taken note of');
      if (deadline.hasPassed() || !isAppError(error) || error.kind !== 'transient') return;
      await clock.sleep(backoffMs(attempt, { initialMs: 500, maxMs: 4_000 }, random()));
    }
  }
}

/** Ends a machine of this workload and says so. Never the one that serves. */
export async function terminateInstance(
  deps: ReplicaCommandsDeps,
  ec2InstanceId: string,
): Promise<CommandOutcome> {
  const { clock, gateway, instances, logger, agentKey } = deps;
  if (ec2InstanceId === deps.ownInstanceId() && deps.isServing()) {
    throw AppError.permanent('instance-serving', `${ec2InstanceId} serves the workload`);
  }
  let failure: string | null = null;
  let outcome = 'unknown';
  try {
    outcome = (await instances.terminate([ec2InstanceId]))[0]?.outcome ?? 'unknown';
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
    throw error;
  } finally {
    const report = {
      ec2InstanceId,
      success: failure === null,
      error: failure,
      terminatedAt: failure === null ? clock.now() : null,
    };
    await gateway.reportTermination(agentKey(), report).catch((error: unknown) => {
      logger.warn({ ec2InstanceId, error }, 'termination not reported; the outcome of the command says it');
    });
  }
  return { message: `${ec2InstanceId}: ${outcome}`, result: { ec2InstanceId, outcome } };
}

export function terminateReplica(deps: ReplicaCommandsDeps): CommandHandler<'terminate_replica'> {
  return { execute: (command) => terminateInstance(deps, command.ec2InstanceId) };
}

export function terminateOther(deps: ReplicaCommandsDeps): CommandHandler<'terminate_instance'> {
  return { execute: (command) => terminateInstance(deps, command.ec2InstanceId) };
}
