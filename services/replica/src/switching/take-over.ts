import type { Tx } from '@spotopt/kernel';
import { type Agent, type FleetStore, type Instance, UNASKED, type UseCaseDeps } from '../fleet/index.js';
import type { CommitPromotion } from './commit-promotion.js';
import { isGoneForGood, lastHeardMs } from './machine-gone.js';
import type { SwitchStore } from './ports.js';
import type { StartSwitch } from './start-switch.js';
import type { Switch } from './switch.js';
import type { SwitchProgress } from './switch-progress.js';

export interface TakeOverPorts {
  readonly fleet: FleetStore;
  readonly switches: SwitchStore;
  readonly start: StartSwitch;
  readonly progress: SwitchProgress;
  readonly promotion: CommitPromotion;
}

/**
 * The last resort of a workload whose primary was taken back before any failover succeeded. Nothing can be
 * launched any more, because the machine that would launch is gone; so a ready standby, or a machine that
 * somebody else started for the workload and that registered meanwhile, becomes the primary, under a new epoch.
 */
export class TakeOver {
  constructor(
    private readonly deps: UseCaseDeps,
    private readonly ports: TakeOverPorts,
    private readonly silentAfterMs: number,
  ) {}

  /** @returns the switches to drive on */
  async sweep(): Promise<string[]> {
    const lost = await this.deps.uow.read(async (tx) => {
      const spare = await this.ports.fleet.listInstances(tx, { states: ['syncing', 'ready'] });
      const withSpare = new Set(spare.map(({ agentId }) => agentId));
      const offline = await this.ports.fleet.listAgents(tx, { status: 'offline' });
      return offline.filter(({ id }) => withSpare.has(id));
    });
    const started: string[] = [];
    for (const { id } of lost) {
      const switchId = await this.execute(id);
      if (switchId !== null) started.push(switchId);
    }
    return started;
  }

  execute(agentId: string): Promise<string | null> {
    return this.deps.uow.run(async (tx) => {
      const agent = await this.ports.fleet.findAgent(tx, agentId);
      if (agent?.status !== 'offline' || !agent.settings.enabled) return null;
      const primary = await this.ports.fleet.findPrimary(tx, agentId);
      if (primary === null || !(await this.#isGone(tx, primary))) return null;
      const successor = await this.#successor(tx, agentId);
      if (successor === null) return null;
      const sw = await this.#switchTo(tx, agent, primary, successor);
      const readyAt = this.deps.clock.now();
      const to =
        successor.state === 'ready'
          ? successor
          : await this.ports.fleet.updateInstance(tx, successor, 'ready', { readyAt });
      await this.ports.promotion.execute(tx, sw, {
        agent,
        from: primary,
        to,
        fenced: true,
        detail: 'the old primary is gone for good',
      });
      return sw.id;
    });
  }

  async #isGone(tx: Tx, primary: Instance): Promise<boolean> {
    const reclaimAt = await this.ports.switches.findReclaimAt(tx, primary);
    const { silentAfterMs } = this;
    return isGoneForGood(primary, reclaimAt, { nowMs: this.deps.clock.nowMs(), silentAfterMs });
  }

  /** A ready standby that lives, else the newest machine that registered by itself and lives. */
  async #successor(tx: Tx, agentId: string): Promise<Instance | null> {
    const nowMs = this.deps.clock.nowMs();
    const machines = await this.ports.fleet.listInstances(tx, { agentId, states: ['syncing', 'ready'] });
    const living = machines.filter(
      (machine) =>
        machine.ec2InstanceId !== null &&
        machine.lastHeartbeatAt !== null &&
        nowMs - lastHeardMs(machine) <= this.silentAfterMs,
    );
    const ready = living.filter((machine) => machine.state === 'ready' && machine.createdBy !== UNASKED);
    return ready[0] ?? living.findLast((machine) => machine.createdBy === UNASKED) ?? null;
  }

  /** The failover that is still trying, if there is one: it now has what it waited for. */
  async #switchTo(tx: Tx, agent: Agent, from: Instance, to: Instance): Promise<Switch> {
    const { switches, progress, start } = this.ports;
    const running = await switches.findRunning(tx, agent.id);
    if (running !== null && running.fromInstanceId === from.id && running.epochAfter === null) {
      return switches.update(tx, running, {
        trigger: 'emergency',
        execution: 'standby',
        toInstanceId: to.id,
        targetMode: to.mode,
        targetPoolId: to.poolId,
        launchCommandId: null,
        launchFailure: null,
      });
    }
    if (running !== null) {
      const end = { reason: 'the new primary was taken back before it confirmed', rolledBack: false };
      await progress.fail(tx, running, from, end);
    }
    return start.start(tx, {
      agent,
      from,
      to,
      trigger: 'emergency',
      reason: 'the primary is gone for good',
      requestedBy: 'coordinator',
      targetMode: to.mode,
      targetPoolId: to.poolId,
    });
  }
}
