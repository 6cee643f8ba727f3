import { type EventOf, type InterruptionDetectedV1 } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import {
  type Agent,
  type FleetStore,
  type Instance,
  type Standbys,
  STANDBY_STATES,
  type UseCaseDeps,
} from '../fleet/index.js';
import { chooseEmergencyPool, choosePool, nextBlock, type PoolStore } from '../pools/index.js';
import type { SwitchStore } from './ports.js';
import type { StartSwitch } from './start-switch.js';
import type { Switch } from './switch.js';

export const INTERRUPTION_CONSUMER = 'replica.interruption-detected';
/** At or above this risk a rebalance recommendation warms a standby (CT-72). */
const WARM_STANDBY_RISK = 0.3;

type Incident = EventOf<typeof InterruptionDetectedV1>;

/**
 * Answers a detected interruption. A notice for the primary starts a failover whatever the settings say; a
 * recommendation at most warms a standby; a notice for a standby only means that the standby is lost.
 */
export class FailOver {
  constructor(
    private readonly deps: UseCaseDeps,
    private readonly ports: {
      readonly fleet: FleetStore;
      readonly switches: SwitchStore;
      readonly pools: PoolStore;
      readonly standbys: Standbys;
      readonly start: StartSwitch;
    },
  ) {}

  /** @returns the switch to drive on, when there is one */
  execute(event: Incident): Promise<string | null> {
    return this.deps.uow.run(async (tx) => {
      if (!(await this.deps.inbox.claim(tx, INTERRUPTION_CONSUMER, event.id))) return null;
      const agent = await this.ports.fleet.findAgent(tx, event.data.agentId);
      if (agent === null || agent.status === 'deleted') return null;
      const machine = await this.ports.fleet.findInstanceByEc2Id(tx, event.data.ec2InstanceId);
      if (machine === null || machine.agentId !== agent.id) return null;
      if (event.data.urgency === 'warn') {
        await this.#warm(tx, event, agent, machine);
        return null;
      }
      await this.#block(tx, machine);
      if (machine.state === 'primary') return (await this.#failOver(tx, event, agent, machine)).id;
      if (STANDBY_STATES.includes(machine.state)) {
        await this.ports.standbys.giveUp(tx, machine, {
          reason: 'interrupted by AWS',
          correlation: event.correlation ?? null,
        });
      }
      return (await this.ports.switches.findRunning(tx, agent.id))?.id ?? null;
    });
  }

  /** Starts anew for an emergency whose switch failed before it promoted anything. */
  retry(failed: Switch): Promise<string | null> {
    return this.deps.uow.run(async (tx) => {
      if (failed.incidentId === null || failed.epochAfter !== null) return null;
      const agent = await this.ports.fleet.findAgent(tx, failed.agentId);
      const primary = await this.ports.fleet.findPrimary(tx, failed.agentId);
      if (agent === null || primary?.id !== failed.fromInstanceId) return null;
      const running = await this.ports.switches.findRunning(tx, agent.id);
      if (running !== null) return running.id;
      const incident = { incidentId: failed.incidentId, reclaimAt: failed.reclaimAt };
      return (await this.#startFor(tx, agent, primary, incident, failed.correlationId)).id;
    });
  }

  async #failOver(tx: Tx, event: Incident, agent: Agent, primary: Instance): Promise<Switch> {
    const { incidentId, deadlineAt } = event.data;
    const incident = { incidentId, reclaimAt: deadlineAt === null ? null : new Date(deadlineAt) };
    const running = await this.ports.switches.findRunning(tx, agent.id);
    if (running === null) {
      return this.#startFor(tx, agent, primary, incident, event.correlation ?? incidentId);
    }
    if (running.incidentId === incidentId && running.reclaimAt !== null) return running;
    // A planned switch is under way: it becomes the failover, with a better standby if it has none yet.
    const to =
      running.toInstanceId === null ? null : await this.ports.fleet.findInstance(tx, running.toInstanceId);
    const better =
      to === null || to.state === 'launching' ? await this.#bestStandby(tx, agent, primary) : null;
    return this.ports.switches.update(tx, running, {
      trigger: 'emergency',
      incidentId,
      reclaimAt: incident.reclaimAt,
      ...(better === null ? {} : { toInstanceId: better.id }),
    });
  }

  async #startFor(
    tx: Tx,
    agent: Agent,
    primary: Instance,
    incident: { readonly incidentId: string; readonly reclaimAt: Date | null },
    correlationId: string,
  ): Promise<Switch> {
    const standby = await this.#bestStandby(tx, agent, primary);
    const pool = chooseEmergencyPool({
      pools: await this.ports.pools.list(tx, primary.region, primary.instanceType),
      blocks: await this.ports.pools.listBlocks(tx, this.deps.clock.now()),
      primary,
      instanceType: primary.instanceType,
    });
    return this.ports.start.start(tx, {
      agent,
      from: primary,
      to: standby,
      trigger: 'emergency',
      reason: 'automatic interruption failover',
      requestedBy: 'emergency',
      targetMode: standby?.mode ?? pool.mode,
      targetPoolId: standby?.poolId ?? pool.poolId,
      incident,
      correlationId,
    });
  }

  /** A ready standby, else the one that will be ready first. */
  async #bestStandby(tx: Tx, agent: Agent, primary: Instance): Promise<Instance | null> {
    const standbys = await this.ports.fleet.listInstances(tx, {
      agentId: agent.id,
      states: ['ready', 'syncing', 'launching'],
    });
    const order = ['ready', 'syncing', 'launching'];
    return (
      standbys
        .filter((standby) => standby.id !== primary.id && standby.createdBy !== 'registration')
        .sort(
          (a, b) =>
            order.indexOf(a.state) - order.indexOf(b.state) || a.createdAt.getTime() - b.createdAt.getTime(),
        )[0] ?? null
    );
  }

  async #warm(tx: Tx, event: Incident, agent: Agent, machine: Instance): Promise<void> {
    const risk = event.data.risk ?? 0.5;
    const { enabled, autoReplicaEnabled } = agent.settings;
    if (machine.state !== 'primary' || !enabled || !autoReplicaEnabled || risk < WARM_STANDBY_RISK) return;
    if ((await this.#bestStandby(tx, agent, machine)) !== null) return;
    const choice = choosePool({
      pools: await this.ports.pools.list(tx, machine.region, machine.instanceType),
      blocks: await this.ports.pools.listBlocks(tx, this.deps.clock.now()),
      primary: machine,
    });
    if (choice === null) return;
    await this.ports.standbys.launch(tx, {
      agent,
      primary: machine,
      ...choice,
      replicaType: 'automatic-rebalance',
      createdBy: `incident ${event.data.incidentId}`,
      correlation: event.correlation ?? null,
    });
  }

  /** The pool that takes a machine back is the last one to launch the next machine in. */
  async #block(tx: Tx, machine: Instance): Promise<void> {
    if (machine.mode !== 'spot') return;
    const previous = await this.ports.pools.findBlock(tx, machine.poolId);
    const block = nextBlock(machine.poolId, previous, {
      nowMs: this.deps.clock.nowMs(),
      reason: 'interrupted',
    });
    await this.ports.pools.saveBlock(tx, block);
  }
}
