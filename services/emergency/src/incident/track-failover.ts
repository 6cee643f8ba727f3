import {
  type EventOf,
  InterruptionExpiredV1,
  InterruptionHandlingV1,
  InterruptionLostV1,
  InterruptionSurvivedV1,
  type SwitchFinishedV1,
  type SwitchStartedV1,
} from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import type { EmergencyDeps } from './handle-signal.js';
import { type Incident, incidentLifecycle, OPEN_STATES } from './incident.js';
import { factsOf, IncidentEvents } from './incident-events.js';
import type { MachineStore } from '../machines/index.js';
import type { IncidentStore } from './ports.js';

export const SWITCH_CONSUMER = 'emergency.switches';

const ANNOUNCE_AGAIN_MS = 5_000;
/** After the deadline the machine is gone; this long a failover may still report its end. */
const LOST_AFTER_MS = 60_000;
/** A rebalance recommendation names no time; it is forgotten two hours after the last signal (CT-56). */
const RECOMMENDATION_EXPIRES_MS = 2 * 60 * 60_000;

/** Follows what the coordinator makes of an incident, and closes it. */
export class TrackFailover {
  readonly #events: IncidentEvents;

  constructor(
    private readonly deps: EmergencyDeps,
    private readonly incidents: IncidentStore,
    private readonly machines: MachineStore,
  ) {
    this.#events = new IncidentEvents(deps.ids, deps.clock);
  }

  started(event: EventOf<typeof SwitchStartedV1>): Promise<void> {
    const { incidentId, switchId } = event.data;
    return this.#once(event, incidentId, async (tx, incident) => {
      if (incident.state === 'handling') {
        // The failover started anew.
        await this.incidents.update(tx, incident, { switchId });
        return;
      }
      if (!incidentLifecycle.allows(incident.state, 'handling')) return;
      const handling = await this.incidents.update(tx, incident, { state: 'handling', switchId });
      await this.deps.outbox.add(
        tx,
        this.#events.of(InterruptionHandlingV1, handling, { ...factsOf(handling), switchId }, 'warning'),
      );
    });
  }

  finished(event: EventOf<typeof SwitchFinishedV1>): Promise<void> {
    const { incidentId, switchId, finishedAt, downtimeMs, to } = event.data;
    return this.#once(event, incidentId, async (tx, incident) => {
      if (!incidentLifecycle.allows(incident.state, 'survived')) return;
      const endMs = Date.parse(finishedAt);
      const startMs = (incident.noticeAt ?? incident.firstSignalAt).getTime();
      const failoverMs = Math.max(0, endMs - startMs);
      const survived = await this.incidents.update(tx, incident, {
        state: 'survived',
        switchId,
        failoverMs,
        closedAt: this.deps.clock.now(),
      });
      await this.deps.outbox.add(
        tx,
        this.#events.of(
          InterruptionSurvivedV1,
          survived,
          {
            ...factsOf(survived),
            switchId,
            newEc2InstanceId: to.ec2InstanceId,
            failoverMs,
            noticeUnusedMs: survived.deadlineAt === null ? null : survived.deadlineAt.getTime() - endMs,
            downtimeMs,
          },
          'info',
        ),
      );
    });
  }

  /** Tells the coordinator again, and closes what nobody else will close. */
  async sweep(): Promise<void> {
    const open = await this.deps.uow.read((tx) =>
      this.incidents.list(tx, { states: OPEN_STATES }, Number.MAX_SAFE_INTEGER),
    );
    for (const { id } of open.incidents) {
      await this.deps.uow.run(async (tx) => {
        const incident = await this.incidents.find(tx, id);
        if (incident !== null && OPEN_STATES.includes(incident.state)) await this.#look(tx, incident);
      });
    }
  }

  async #look(tx: Tx, incident: Incident): Promise<void> {
    const nowMs = this.deps.clock.nowMs();
    if (incident.urgency === 'warn') {
      if (nowMs - incident.lastSignalAt.getTime() > RECOMMENDATION_EXPIRES_MS)
        await this.#expire(tx, incident);
      return;
    }
    const isOver = incident.deadlineAt !== null && nowMs > incident.deadlineAt.getTime() + LOST_AFTER_MS;
    if (incident.switchId === null && (await this.#isIdle(tx, incident))) {
      if (isOver) await this.#expire(tx, incident);
      return;
    }
    if (isOver) {
      await this.#lose(tx, incident);
      return;
    }
    if (incident.state !== 'detected' || nowMs - incident.announcedAt.getTime() < ANNOUNCE_AGAIN_MS) return;
    const announced = await this.incidents.update(tx, incident, { announcedAt: new Date(nowMs) });
    await this.deps.outbox.add(tx, this.#events.detected(announced, 'termination-notice'));
  }

  /** The workload does not run on the machine: nobody answers, and nothing is lost with it. */
  async #isIdle(tx: Tx, incident: Incident): Promise<boolean> {
    const machine = await this.machines.find(tx, incident.ec2InstanceId);
    return machine !== null && machine.role !== 'PRIMARY';
  }

  async #lose(tx: Tx, incident: Incident): Promise<void> {
    const reason = incident.switchId === null ? 'no failover was started' : 'the failover did not finish';
    const lost = await this.incidents.update(tx, incident, {
      state: 'lost',
      closedAt: this.deps.clock.now(),
    });
    await this.deps.outbox.add(
      tx,
      this.#events.of(InterruptionLostV1, lost, { ...factsOf(lost), reason }, 'critical'),
    );
  }

  async #expire(tx: Tx, incident: Incident): Promise<void> {
    const expired = await this.incidents.update(tx, incident, {
      state: 'expired',
      closedAt: this.deps.clock.now(),
    });
    await this.deps.outbox.add(tx, this.#events.of(InterruptionExpiredV1, expired, factsOf(expired), 'info'));
  }

  #once(
    event: { readonly id: string },
    incidentId: string | null,
    effect: (tx: Tx, incident: Incident) => Promise<void>,
  ): Promise<void> {
    if (incidentId === null) return Promise.resolve();
    return this.deps.uow.run(async (tx) => {
      if (!(await this.deps.inbox.claim(tx, SWITCH_CONSUMER, event.id))) return;
      const incident = await this.incidents.find(tx, incidentId);
      if (incident !== null) await effect(tx, incident);
    });
  }
}
