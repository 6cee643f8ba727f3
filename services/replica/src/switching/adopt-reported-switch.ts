import { type EventOf, poolIdOf, type SwitchReportedV1 } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import {
  type Agent,
  type FleetStore,
  type Instance,
  newMachine,
  STANDBY_STATES,
  type UseCaseDeps,
} from '../fleet/index.js';
import type { CommitPromotion } from './commit-promotion.js';
import type { SwitchStore } from './ports.js';
import type { StartSwitch } from './start-switch.js';
import type { Switch } from './switch.js';
import type { SwitchProgress } from './switch-progress.js';

export const SWITCH_REPORT_CONSUMER = 'replica.switch-reported';

type Report = EventOf<typeof SwitchReportedV1>;

/**
 * A v4 agent moved its workload by itself and says so. The report names no command: it belongs to the agent's
 * running switch, or to none, when a person started it on the machine. Either way the new machine is the primary.
 */
export class AdoptReportedSwitch {
  constructor(
    private readonly deps: UseCaseDeps,
    private readonly ports: {
      readonly fleet: FleetStore;
      readonly switches: SwitchStore;
      readonly start: StartSwitch;
      readonly promotion: CommitPromotion;
      readonly progress: SwitchProgress;
    },
  ) {}

  /** @returns the switch to drive on */
  execute(event: Report): Promise<string | null> {
    return this.deps.uow.run(async (tx) => {
      if (!(await this.deps.inbox.claim(tx, SWITCH_REPORT_CONSUMER, event.id))) return null;
      const agent = await this.ports.fleet.findAgent(tx, event.data.agentId);
      if (agent === null || agent.status === 'deleted') return null;
      const from = await this.ports.fleet.findPrimary(tx, agent.id);
      // Somebody else's primary, or a report that came twice under another id: nothing to adopt.
      if (from === null || from.ec2InstanceId !== event.data.old.ec2InstanceId) return null;
      const known = await this.ports.fleet.findInstanceByEc2Id(tx, event.data.new.ec2InstanceId);
      // A machine of another workload, the old one itself, or one whose time is over.
      if (known !== null && (known.agentId !== agent.id || !STANDBY_STATES.includes(known.state)))
        return null;
      const to = await this.#newMachine(tx, known, from, event);
      const sw = await this.#switchOf(tx, { agent, from, to }, event.correlation);
      const { data } = event;
      const updated = await this.ports.switches.update(tx, sw, {
        toInstanceId: to.id,
        servedUntil: dateOf(data.trafficSwitchedAt),
        servingSince: dateOf(data.trafficSwitchedAt),
      });
      await this.ports.promotion.execute(tx, updated, {
        agent,
        from,
        to,
        fenced: false,
        detail: 'switched by the agent itself',
      });
      return sw.id;
    });
  }

  async #newMachine(tx: Tx, known: Instance | null, from: Instance, event: Report): Promise<Instance> {
    const reported = event.data.new;
    if (known !== null) {
      if (known.state === 'ready') return known;
      return this.ports.fleet.updateInstance(tx, known, 'ready', { readyAt: this.deps.clock.now() });
    }
    const now = this.deps.clock.now();
    const poolId =
      reported.poolId ?? poolIdOf(reported.instanceType ?? from.instanceType, reported.az ?? from.az);
    const instance = newMachine({
      id: this.deps.ids.next(),
      agentId: from.agentId,
      clientId: from.clientId,
      ec2InstanceId: reported.ec2InstanceId,
      state: 'ready',
      replicaType: 'switch',
      poolId,
      mode: reported.mode,
      amiId: reported.amiId,
      createdBy: 'switch report',
      createdAt: now,
      launchedAt: dateOf(event.data.launchedAt) ?? now,
      readyAt: dateOf(event.data.readyAt) ?? now,
    });
    await this.ports.fleet.insertInstance(tx, instance);
    return instance;
  }

  async #switchOf(
    tx: Tx,
    { agent, from, to }: { readonly agent: Agent; readonly from: Instance; readonly to: Instance },
    correlationId: string | undefined,
  ): Promise<Switch> {
    const running = await this.ports.switches.findRunning(tx, agent.id);
    if (running?.fromInstanceId === from.id) return running;
    if (running !== null) {
      const end = { reason: 'its new primary switched on before it confirmed', rolledBack: false };
      await this.ports.progress.fail(tx, running, from, end);
    }
    return this.ports.start.start(tx, {
      agent,
      from,
      to,
      trigger: 'manual',
      reason: 'reported by the agent',
      requestedBy: 'agent',
      targetMode: to.mode,
      targetPoolId: to.poolId,
      correlationId,
    });
  }
}

function dateOf(instant: string | null): Date | null {
  return instant === null ? null : new Date(instant);
}
