import { assertNever, type Failpoints, type Tx } from '@spotopt/kernel';
import { CommandPriority, poolIdOf } from '@spotopt/contracts';
import type { TrafficTargets } from '@spotopt/cloud';
import type { Agent, CommandAgent, FleetStore, Instance, Standbys, UseCaseDeps } from '../fleet/index.js';
import type { CommitPromotion } from './commit-promotion.js';
import type { SwitchStore } from './ports.js';
import { isEmergency, nextAction, type Switch, type SwitchAction, type SwitchTimeouts } from './switch.js';
import type { SwitchProgress } from './switch-progress.js';

export interface AdvanceSwitchPorts {
  readonly fleet: FleetStore;
  readonly switches: SwitchStore;
  readonly commands: CommandAgent;
  readonly standbys: Standbys;
  readonly progress: SwitchProgress;
  readonly promotion: CommitPromotion;
  readonly traffic: TrafficTargets;
  readonly failpoints: Failpoints;
}

const QUIESCE_VALID_FOR_MS = 120_000;
const SWITCH_VALID_FOR_MS = 40 * 60_000;
/** No switch needs more actions than this without waiting for somebody in between. */
const MAX_ACTIONS_IN_A_ROW = 10;

interface Machines {
  readonly agent: Agent;
  readonly from: Instance;
  readonly to: Instance | null;
}

/** How a switch ended, if it did in this call. */
export type AdvanceOutcome = 'waiting' | 'finished' | 'failed';

type StepOutcome =
  AdvanceOutcome | 'again' | { readonly moveTrafficTo: Instance; readonly agent: Agent; readonly sw: Switch };

/**
 * Drives a switch as far as it can go now. Safe to call at any time by anybody: each step reads the rows
 * anew and its update is guarded, so two callers cannot both take it.
 */
export class AdvanceSwitch {
  constructor(
    private readonly deps: UseCaseDeps,
    private readonly ports: AdvanceSwitchPorts,
    private readonly timeouts: SwitchTimeouts,
  ) {}

  async execute(switchId: string): Promise<AdvanceOutcome> {
    for (let action = 0; action < MAX_ACTIONS_IN_A_ROW; action += 1) {
      let promoted = false;
      const outcome = await this.deps.uow.run(async (tx) => {
        promoted = false;
        return this.#step(tx, switchId, () => {
          promoted = true;
        });
      });
      if (promoted) this.ports.failpoints.hit('replica.promotion-committed');
      if (typeof outcome === 'object') await this.#moveTraffic(outcome);
      else if (outcome !== 'again') return outcome;
    }
    return 'waiting';
  }

  async #step(tx: Tx, switchId: string, onPromoted: () => void): Promise<StepOutcome> {
    const { switches, fleet } = this.ports;
    const sw = await switches.find(tx, switchId);
    if (sw === null || sw.status !== 'running') return 'waiting';
    const agent = await fleet.findAgent(tx, sw.agentId);
    const from = await fleet.findInstance(tx, sw.fromInstanceId);
    if (agent === null || from === null) return 'waiting';
    const to = sw.toInstanceId === null ? null : await fleet.findInstance(tx, sw.toInstanceId);
    const action = nextAction(
      {
        sw,
        from,
        to,
        canQuiesce: await this.ports.commands.understands(tx, from, 'quiesce'),
        reportsService: sw.promoteCommandId !== null,
        hasTrafficTarget: agent.trafficTarget !== null,
        obstacle: await this.#obstacle(tx, agent, sw),
        nowMs: this.deps.clock.nowMs(),
      },
      this.timeouts,
    );
    if (action.kind === 'promote') onPromoted();
    return this.#apply(tx, sw, { agent, from, to }, action);
  }

  async #obstacle(tx: Tx, agent: Agent, sw: Switch): Promise<string | null> {
    if (agent.status === 'deleted') return 'the agent was deleted';
    const primary = await this.ports.fleet.findPrimary(tx, agent.id);
    const mine = primary === null || [sw.fromInstanceId, sw.toInstanceId].includes(primary.id);
    return mine ? null : 'another machine became the primary';
  }

  async #apply(tx: Tx, sw: Switch, machines: Machines, action: SwitchAction): Promise<StepOutcome> {
    const { agent, from, to } = machines;
    switch (action.kind) {
      case 'wait':
        return 'waiting';
      case 'launch':
        await this.#launch(tx, sw, machines);
        return 'again';
      case 'quiesce':
        await this.#quiesce(tx, sw, machines);
        return 'again';
      case 'promote':
        if (to === null) return 'waiting';
        await this.ports.promotion.execute(tx, sw, { ...action, agent, from, to });
        return 'again';
      case 'move-traffic':
        return to === null ? 'waiting' : { moveTrafficTo: to, agent, sw };
      case 'finish':
        if (to === null) return 'waiting';
        await this.ports.progress.finish(tx, sw, { from, to });
        return 'finished';
      case 'fail':
        await this.#fail(tx, sw, machines, action);
        return 'failed';
      default:
        return assertNever(action);
    }
  }

  async #launch(tx: Tx, sw: Switch, { agent, from }: Machines): Promise<void> {
    const emergency = isEmergency(sw);
    const priority = emergency
      ? CommandPriority.emergency
      : sw.trigger === 'model'
        ? CommandPriority.model
        : CommandPriority.manual;
    const mode = sw.targetMode === 'ondemand' ? 'ondemand' : 'spot';
    if (sw.execution === 'agent') {
      const commandId = await this.ports.commands.send(tx, {
        agent,
        on: from,
        body: {
          commandType: 'switch',
          targetMode: mode,
          targetPoolId: sw.targetPoolId,
          terminateWaitSeconds: agent.settings.autoTerminateEnabled ? agent.settings.terminateWaitSeconds : 0,
        },
        priority,
        validForMs: SWITCH_VALID_FOR_MS,
        correlation: sw.correlationId,
      });
      await this.ports.progress.advance(tx, sw, 'launch', {
        outcome: 'done',
        detail: 'the agent switches by itself',
        patch:
          commandId === null ? { launchFailure: 'the agent cannot switch' } : { launchCommandId: commandId },
      });
      return;
    }
    const poolId = sw.targetPoolId ?? poolIdOf(from.instanceType, from.az);
    const { instance, commandId } = await this.ports.standbys.launch(tx, {
      agent,
      primary: from,
      poolId,
      mode,
      replicaType: emergency ? 'automatic-termination' : 'switch',
      createdBy: `switch ${sw.id}`,
      priority,
      correlation: sw.correlationId,
    });
    await this.ports.progress.advance(tx, sw, 'launch', {
      outcome: 'done',
      detail: `standby ${instance.id} in ${poolId}`,
      patch: { toInstanceId: instance.id, launchCommandId: commandId },
    });
  }

  async #quiesce(tx: Tx, sw: Switch, { agent, from, to }: Machines): Promise<void> {
    if (to === null) return;
    await this.ports.fleet.updateInstance(tx, to, 'promoting');
    const quiesceCommandId = await this.ports.commands.send(tx, {
      agent,
      on: from,
      body: { commandType: 'quiesce', switchId: sw.id },
      priority: CommandPriority.emergency,
      validForMs: QUIESCE_VALID_FOR_MS,
      correlation: sw.correlationId,
    });
    await this.ports.progress.advance(tx, sw, 'quiesce', {
      outcome: 'done',
      detail: `standby ${to.id} is ready`,
      patch: { quiesceCommandId },
    });
  }

  /** Outside every transaction: associating an address is a network call, and idempotent. */
  async #moveTraffic(move: { moveTrafficTo: Instance; agent: Agent; sw: Switch }): Promise<void> {
    const { moveTrafficTo: to, agent, sw } = move;
    const startedAt = this.deps.clock.now();
    if (agent.trafficTarget !== null && to.ec2InstanceId !== null) {
      await this.ports.traffic.move(agent.trafficTarget, to.ec2InstanceId);
    }
    this.ports.failpoints.hit('replica.traffic-moved');
    await this.deps.uow.run(async (tx) => {
      const current = await this.ports.switches.find(tx, sw.id);
      if (current === null || current.trafficMovedAt !== null) return;
      if (current.status !== 'running') return this.#moveAgain(tx, current);
      const finishedAt = this.deps.clock.now();
      await this.ports.switches.update(tx, current, { trafficMovedAt: finishedAt });
      await this.ports.switches.recordStep(tx, {
        switchId: sw.id,
        step: 'move-traffic',
        outcome: 'done',
        detail: `${agent.trafficTarget?.kind ?? 'none'} to ${to.ec2InstanceId ?? to.id}`,
        startedAt,
        finishedAt,
      });
    });
  }

  /** The move of a switch that ended meanwhile may have undone the move of the one that followed. */
  async #moveAgain(tx: Tx, late: Switch): Promise<void> {
    const running = await this.ports.switches.findRunning(tx, late.agentId);
    if (running === null || running.trafficMovedAt === null) return;
    await this.ports.switches.update(tx, running, { trafficMovedAt: null });
  }

  async #fail(
    tx: Tx,
    sw: Switch,
    { agent, from, to }: Machines,
    end: { readonly reason: string; readonly resumeOld: boolean },
  ): Promise<void> {
    if (to !== null && to.state === 'promoting' && to.replicaType === 'manual') {
      await this.ports.fleet.updateInstance(tx, to, 'ready');
    } else if (to !== null && to.replicaType !== 'manual') {
      await this.ports.standbys.giveUp(tx, to, { reason: end.reason, correlation: sw.correlationId });
    }
    if (end.resumeOld && from.state === 'primary') {
      await this.ports.commands.send(tx, {
        agent,
        on: from,
        body: { commandType: 'resume', switchId: sw.id },
        priority: CommandPriority.emergency,
        validForMs: QUIESCE_VALID_FOR_MS,
        correlation: sw.correlationId,
      });
    }
    await this.ports.progress.fail(tx, sw, from, { reason: end.reason, rolledBack: sw.epochAfter === null });
  }
}
