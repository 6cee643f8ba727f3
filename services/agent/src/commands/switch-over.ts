import { CommandPriority, poolIdOf } from '@spotopt/contracts';
import type { AgentCommand } from '@spotopt/contracts';
import { AppError, backoffMs, toAppError } from '@spotopt/kernel';
import type { Clock, Deadline } from '@spotopt/kernel';
import type { InstanceIdentity, Instances } from '@spotopt/cloud';
import type { Gateway, SwitchReport } from '../gateway/gateway.js';
import type { AgentLogger } from '../logging.js';
import type { StateKeeper } from '../state/agent-state.js';
import type { Serving } from '../workload/serving.js';
import type { CommandHandler, CommandOutcome } from './execute-command.js';
import { fleetTags } from './fleet-tags.js';
import type { LaunchTwin } from './launch-twin.js';

type SwitchCommand = Extract<AgentCommand, { commandType: 'switch' }>;

export interface SwitchOverDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly gateway: Gateway;
  readonly instances: Instances;
  readonly launchTwin: LaunchTwin;
  readonly serving: Serving;
  readonly state: StateKeeper;
  readonly logger: AgentLogger;
  readonly agentKey: () => string;
  readonly logicalAgentId: () => string;
  readonly identity: () => InstanceIdentity;
  /** Ends the old machine after its wait; runs apart from the command. */
  readonly terminateLater: (ec2InstanceId: string, afterMs: number) => void;
}

const STATUS_POLL_MS = 5_000;

/**
 * The whole switch, carried out by this agent alone, as version 4 agents do: launch, wait until the new
 * machine is healthy, fall silent, report. The new machine's own agent then registers.
 */
export class SwitchOver implements CommandHandler<'switch'> {
  constructor(private readonly deps: SwitchOverDeps) {}

  async execute(command: SwitchCommand, deadline: Deadline): Promise<CommandOutcome> {
    const { clock, serving } = this.deps;
    const self = this.deps.identity();
    const initiatedAt = clock.now();
    const poolId = command.targetPoolId ?? poolIdOf(self.instanceType, self.az);
    const launched = await this.deps.launchTwin.execute(
      {
        clientToken: command.commandId,
        poolId,
        mode: command.targetMode,
        tags: fleetTags({
          logicalAgentId: this.deps.logicalAgentId(),
          clientId: command.clientId,
          commandId: command.commandId,
        }),
      },
      deadline,
    );
    const { ec2InstanceId } = launched;
    const launchedAt = clock.now();
    await this.#untilHealthy(ec2InstanceId, deadline);
    const readyAt = clock.now();
    const { servedUntil } = await serving.quiesce(command.commandId);
    const report: SwitchReport = {
      commandId: command.commandId,
      old: { ...self, amiId: self.imageId, mode: self.market === 'spot' ? 'spot' : 'ondemand' },
      new: { ...launched, region: self.region, amiId: self.imageId, mode: command.targetMode },
      trigger: command.priority >= CommandPriority.modelUrgent ? 'manual' : 'model',
      initiatedAt,
      launchedAt,
      readyAt,
      trafficSwitchedAt: clock.now(),
    };
    await this.#insistOnReport(report, deadline);
    if (command.terminateWaitSeconds > 0) {
      this.deps.terminateLater(self.ec2InstanceId, command.terminateWaitSeconds * 1_000);
    }
    return {
      message: `switched to ${ec2InstanceId} in ${poolId}`,
      result: {
        newInstanceId: ec2InstanceId,
        new_instance_id: ec2InstanceId,
        switch_duration_seconds: Math.round((clock.nowMs() - initiatedAt.getTime()) / 1_000),
        servedUntil: servedUntil.toISOString(),
      },
    };
  }

  /** Until the report is taken nobody serves, so a refused one brings this machine back. */
  async #insistOnReport(report: SwitchReport, deadline: Deadline): Promise<void> {
    const { clock, random, gateway, instances, serving, state, logger, agentKey } = this.deps;
    for (let attempt = 1; ; attempt += 1) {
      try {
        await gateway.reportSwitch(agentKey(), report);
        return;
      } catch (error) {
        logger.warn({ error, attempt }, 'switch not reported yet');
        if (deadline.hasPassed() || toAppError(error).kind !== 'transient') {
          await serving.serve(state.current.epoch);
          await instances.terminate([report.new.ec2InstanceId]);
          throw error;
        }
        await clock.sleep(backoffMs(attempt, { initialMs: 500, maxMs: 5_000 }, random()));
      }
    }
  }

  /** A machine that never becomes healthy is given back: nobody else knows of it. */
  async #untilHealthy(ec2InstanceId: string, deadline: Deadline): Promise<void> {
    const { clock, instances, logger } = this.deps;
    while (!deadline.hasPassed()) {
      try {
        const status = (await instances.status([ec2InstanceId]))[0];
        if (status?.healthy === true) return;
        if (status?.state === 'shutting-down' || status?.state === 'terminated') break;
      } catch (error) {
        if (toAppError(error).kind !== 'transient') throw error;
        logger.warn({ ec2InstanceId, error }, 'status of the new instance not read');
      }
      await clock.sleep(STATUS_POLL_MS);
    }
    await instances.terminate([ec2InstanceId]);
    throw AppError.transient('instance-unhealthy', `${ec2InstanceId} did not become healthy and was ended`);
  }
}
