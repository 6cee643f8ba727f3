import type { Clock } from '@spotopt/kernel';
import type { InstanceMetadata, Instances } from '@spotopt/cloud';
import type { Gateway } from '../gateway/gateway.js';
import type { AgentLogger } from '../logging.js';
import type { Session } from '../registration/session.js';
import type { StateKeeper } from '../state/agent-state.js';
import type { Serving } from '../workload/serving.js';
import type { CommandSink } from './command-source.js';
import { CommandExecutor } from './execute-command.js';
import { LaunchTwin } from './launch-twin.js';
import { createReplica, terminateInstance, terminateOther, terminateReplica } from './replica-commands.js';
import type { ReplicaCommandsDeps } from './replica-commands.js';
import { ReportResults } from './report-results.js';
import { promote, quiesce, resume } from './serving-commands.js';
import { SwitchOver } from './switch-over.js';

export interface CommandsContext {
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: AgentLogger;
  readonly gateway: Gateway;
  readonly metadata: InstanceMetadata;
  readonly instances: Instances;
  readonly state: StateKeeper;
  readonly session: Session;
  readonly serving: Serving;
  readonly resultsMs: number;
  /** Aborted when the agent ends. */
  readonly signal: AbortSignal;
  /** The epoch that heartbeats confirm may have risen. */
  readonly onEpochConfirmed: () => void;
}

export interface Commands {
  readonly executor: CommandExecutor;
  readonly results: ReportResults;
  readonly sink: CommandSink;
  readonly terminate: (ec2InstanceId: string) => Promise<void>;
}

function buildSwitchOver(context: CommandsContext, replica: ReplicaCommandsDeps): SwitchOver {
  const { clock, logger, session, signal } = context;
  return new SwitchOver({
    ...context,
    launchTwin: replica.launchTwin,
    agentKey: replica.agentKey,
    logicalAgentId: replica.logicalAgentId,
    identity: () => session.identity,
    terminateLater: (ec2InstanceId, afterMs) => {
      const later = async (): Promise<void> => {
        await clock.sleep(afterMs, signal);
        if (!signal.aborted) await terminateInstance(replica, ec2InstanceId);
      };
      later().catch((error: unknown) => {
        logger.warn({ ec2InstanceId, error }, 'old instance not ended; the clean-up will try again');
      });
    },
  });
}

function sinkOf(context: CommandsContext, executor: CommandExecutor, results: ReportResults): CommandSink {
  const { clock, state, logger } = context;
  return {
    accept: (command) => {
      executor.submit(command).catch((error: unknown) => {
        logger.error({ commandId: command.commandId, error }, 'command left undone; it will come again');
      });
    },
    reject: async (commandId, reason) => {
      if (state.findExecuted(commandId)?.reported === true) return;
      await state.remember({
        commandId,
        commandType: 'unreadable',
        success: false,
        message: `unreadable command: ${reason}`,
        result: { code: 'command-unreadable' },
        finishedAtMs: clock.nowMs(),
        reported: false,
      });
      results.nudge();
    },
  };
}

export function buildCommands(context: CommandsContext): Commands {
  const { session, serving, state } = context;
  const agentKey = (): string => session.agentKey;
  const results = new ReportResults({ ...context, agentKey, retryMs: context.resultsMs });
  const replica: ReplicaCommandsDeps = {
    ...context,
    launchTwin: new LaunchTwin({ ...context, identity: () => session.identity }),
    agentKey,
    ownInstanceId: () => session.identity.ec2InstanceId,
    isServing: () => serving.active,
    logicalAgentId: () => session.logicalAgentId,
  };
  const executor = new CommandExecutor({
    ...context,
    handlers: {
      switch: buildSwitchOver(context, replica),
      create_replica: createReplica(replica),
      terminate_replica: terminateReplica(replica),
      terminate_instance: terminateOther(replica),
      quiesce: quiesce(serving),
      resume: resume(serving, state),
      promote: promote(serving),
    },
    onDone: (command, outcome) => {
      results.nudge();
      if (!outcome.success) return;
      session.confirmEpoch(command.epoch);
      if (command.commandType === 'promote') context.onEpochConfirmed();
    },
  });
  return {
    executor,
    results,
    sink: sinkOf(context, executor, results),
    terminate: async (ec2InstanceId) => {
      await terminateInstance(replica, ec2InstanceId);
    },
  };
}
