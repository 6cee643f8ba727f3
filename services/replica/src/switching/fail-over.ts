import type { EventOf, InterruptionDetectedV1 } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import {
  type Agent,
  type FleetStore,
  type Instance,
  type Standbys,
  STANDBY_STATES,
  type UseCaseDeps,
} from '../fleet/index.js';
import { choosePool, nextBlock, type PoolStore } from '../pools/index.js';
import type { SwitchStore } from './ports.js';
import { bestStandby, readiness, type StartFailover } from './start-failover.js';
import type { Switch } from './switch.js';
import type { SwitchProgress } from './switch-progress.js';

export const INTERRUPTION_CONSUMER = 'replica.interruption-detected';
/** At or above this risk a rebalance recommendation warms a standby (CT-72). */
const WARM_STANDBY_RISK = 0.3;

type Incident = EventOf<typeof InterruptionDetectedV1>;

export interface FailOverPorts {
  readonly fleet: FleetStore;
  readonly switches: SwitchStore;
  readonly pools: PoolStore;
  readonly standbys: Standbys;
  readonly progress: SwitchProgress;
  readonly startFailover: StartFailover;
}

/**
 * Answers a detected interruption. A notice for the primary starts a failover whatever the settings say, unless
 * the agent is disabled; a recommendation at most warms a standby; a notice for a standby only means that the
 * standby is lost.
 */
export class FailOver {
  constructor(
    private readonly deps: UseCaseDeps,
    private readonly ports: FailOverPorts,
  ) {}

  /** @returns the switch to drive on, when there is one */
  execute(event: Incident): Promise<string | null> {
    return this.deps.uow.run(async (tx) => {
      if (!(await this.deps.inbox.claim(tx, INTERRUPTION_CONSUMER, event.id))) return null;
      const target = await this.#target(tx, event);
      if (target === null) return null;
      const { agent, machine } = target;
      if (event.data.urgency === 'warn') {
        await this.#warm(tx, event, agent, machine);
        return null;
      }
      await this.#block(tx, machine, event.data.incidentId);
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

  async #target(tx: Tx, { data }: Incident): Promise<{ agent: Agent; machine: Instance } | null> {
    const agent = await this.ports.fleet.findAgent(tx, data.agentId);
    if (agent === null || agent.status === 'deleted' || !agent.settings.enabled) return null;
    const machine = await this.ports.fleet.findInstanceByEc2Id(tx, data.ec2InstanceId);
    return machine?.agentId === agent.id ? { agent, machine } : null;
  }

  async #failOver(tx: Tx, event: Incident, agent: Agent, primary: Instance): Promise<Switch> {
    const { incidentId, deadlineAt } = event.data;
    const reclaimAt = deadlineAt === null ? null : new Date(deadlineAt);
    const running = await this.ports.switches.findRunning(tx, agent.id);
    if (running?.fromInstanceId === primary.id) {
      // The same incident is announced again until it is handled.
      if (running.incidentId === incidentId) return running;
      return this.#convert(tx, running, primary, { incidentId, reclaimAt });
    }
    if (running !== null) {
      // The machine that this switch promoted is taken back before it confirmed: it cannot end well.
      const old = await this.ports.fleet.findInstance(tx, running.fromInstanceId);
      const end = { reason: 'the new primary was taken back before it confirmed', rolledBack: false };
      await this.ports.progress.fail(tx, running, old ?? primary, end);
    }
    return this.ports.startFailover.start(tx, {
      agent,
      primary,
      incident: { incidentId, reclaimAt },
      correlationId: event.correlation ?? incidentId,
    });
  }

  /** A planned switch is under way: it becomes the failover, with a better standby if there is one. */
  async #convert(
    tx: Tx,
    running: Switch,
    primary: Instance,
    incident: { readonly incidentId: string; readonly reclaimAt: Date | null },
  ): Promise<Switch> {
    const { fleet, switches } = this.ports;
    const to = running.toInstanceId === null ? null : await fleet.findInstance(tx, running.toInstanceId);
    const best = to?.state === 'promoting' ? null : await bestStandby(tx, fleet, primary);
    const better = best !== null && readiness(best) > readiness(to) ? best : null;
    return switches.update(tx, running, {
      trigger: 'emergency',
      ...incident,
      ...(better === null
        ? {}
        : // The launch that it waited for does not matter any more, however it ends.
          { toInstanceId: better.id, execution: 'standby', launchCommandId: null, launchFailure: null }),
    });
  }

  async #warm(tx: Tx, event: Incident, agent: Agent, machine: Instance): Promise<void> {
    const risk = event.data.risk ?? 0.5;
    const { autoReplicaEnabled } = agent.settings;
    if (machine.state !== 'primary' || !autoReplicaEnabled || risk < WARM_STANDBY_RISK) return;
    await this.ports.fleet.lockStandbysOf(tx, agent.id);
    if ((await bestStandby(tx, this.ports.fleet, machine)) !== null) return;
    const choice = choosePool({
      pools: await this.ports.pools.list(tx, machine.region, machine.instanceType),
      blocks: await this.ports.pools.listBlocks(tx, this.deps.clock.now(), agent.clientId),
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

  /** The pool that takes a machine back is the last one to launch the next machine in. Once per incident. */
  async #block(tx: Tx, machine: Instance, incidentId: string): Promise<void> {
    if (machine.mode !== 'spot') return;
    const reason = `interrupted, incident ${incidentId}`;
    const previous = await this.ports.pools.findBlock(tx, machine.poolId, null);
    if (previous?.reason === reason) return;
    const block = nextBlock(machine.poolId, previous, { nowMs: this.deps.clock.nowMs(), reason });
    await this.ports.pools.saveBlock(tx, block, null);
  }
}
