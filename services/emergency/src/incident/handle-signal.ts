import type { Clock, Ids, Inbox, Outbox, Tx, UnitOfWork } from '@spotopt/kernel';
import { type Machine, type MachineStore, standbyOf } from '../machines/index.js';
import { type PriceStore, riskOf } from '../risk/index.js';
import { deadlineOf, fuse, type Incident, OPEN_STATES, type Signal, urgencyOf } from './incident.js';
import { IncidentEvents } from './incident-events.js';
import type { IncidentStore } from './ports.js';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

export interface EmergencyDeps {
  readonly uow: UnitOfWork;
  readonly inbox: Inbox;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** Who reported it; null = the signal came from the cloud, and only the instance id is known. */
export interface Reporter {
  readonly agentId: string;
  readonly clientId: string;
}

export interface SignalOutcome {
  readonly incident: Incident;
  /** The signal opened the incident or raised its urgency. */
  readonly changed: boolean;
  readonly standby: Machine | null;
}

/**
 * Takes every sign of an interruption, from agents, from the cloud's queue and from sweeps. All signs of one
 * machine fuse into one incident; the first one, and the one that raises the urgency, call the coordinator.
 */
export class HandleSignal {
  readonly #events: IncidentEvents;

  constructor(
    private readonly deps: EmergencyDeps,
    private readonly ports: {
      readonly incidents: IncidentStore;
      readonly machines: MachineStore;
      readonly prices: PriceStore;
    },
  ) {
    this.#events = new IncidentEvents(deps.ids, deps.clock);
  }

  /** @returns null for a machine that belongs to no workload of ours, or not to the one that reports it */
  execute(signal: Signal, reporter: Reporter | null): Promise<SignalOutcome | null> {
    return this.deps.uow.run((tx) => this.inTransaction(tx, signal, reporter));
  }

  async inTransaction(tx: Tx, signal: Signal, reporter: Reporter | null): Promise<SignalOutcome | null> {
    const { incidents, machines } = this.ports;
    const machine = await machines.find(tx, signal.ec2InstanceId);
    const owner = ownerOf(machine, reporter);
    if (owner === null) return null;
    const latest = await this.#latest(tx, signal.ec2InstanceId, owner);
    const fusion = fuse(latest, signal);
    const incident =
      fusion.kind === 'open' || latest === null
        ? await this.#open(tx, signal, owner, machine)
        : await this.#add(tx, latest, signal, fusion.kind === 'raise');
    await incidents.addSignal(tx, incident, { ...signal, receivedAt: this.deps.clock.now() });
    const changed = fusion.kind !== 'note';
    if (changed) await this.deps.outbox.add(tx, this.#events.detected(incident, signal.kind));
    const standby = standbyOf(await machines.listByAgent(tx, incident.agentId));
    return { incident, changed, standby };
  }

  /** An incident that was opened for the machine's former workload says nothing to the present one. */
  async #latest(tx: Tx, ec2InstanceId: string, owner: Reporter): Promise<Incident | null> {
    const latest = await this.ports.incidents.findLatest(tx, ec2InstanceId);
    if (latest === null || latest.agentId === owner.agentId) return latest;
    if (OPEN_STATES.includes(latest.state)) {
      await this.ports.incidents.update(tx, latest, { state: 'expired', closedAt: this.deps.clock.now() });
    }
    return null;
  }

  async #open(tx: Tx, signal: Signal, owner: Reporter, machine: Machine | null): Promise<Incident> {
    const now = this.deps.clock.now();
    const incident: Incident = {
      id: this.deps.ids.next(),
      agentId: owner.agentId,
      clientId: owner.clientId,
      ec2InstanceId: signal.ec2InstanceId,
      poolId: machine?.poolId ?? null,
      state: 'detected',
      urgency: urgencyOf(signal.kind),
      firstSignalAt: signal.detectedAt,
      lastSignalAt: now,
      noticeAt: signal.kind === 'termination-notice' ? signal.detectedAt : null,
      deadlineAt: deadlineOf(signal),
      signalCount: 1,
      risk: await this.#risk(tx, machine),
      switchId: null,
      announcedAt: now,
      failoverMs: null,
      closedAt: null,
      version: 1,
    };
    await this.ports.incidents.insert(tx, incident);
    return incident;
  }

  #add(tx: Tx, incident: Incident, signal: Signal, raise: boolean): Promise<Incident> {
    const heard = { signalCount: incident.signalCount + 1, lastSignalAt: this.deps.clock.now() };
    if (!raise) return this.ports.incidents.update(tx, incident, heard);
    return this.ports.incidents.update(tx, incident, {
      ...heard,
      urgency: 'terminate',
      noticeAt: signal.detectedAt,
      deadlineAt: deadlineOf(signal),
      announcedAt: this.deps.clock.now(),
    });
  }

  async #risk(tx: Tx, machine: Machine | null): Promise<number | null> {
    if (machine === null) return null;
    const nowMs = this.deps.clock.nowMs();
    const since = new Date(nowMs - 30 * DAY_MS);
    return riskOf({
      interruptions30d: await this.ports.incidents.countNotices(tx, machine.poolId, since),
      prices: await this.ports.prices.list(tx, machine.poolId, nowMs - DAY_MS),
      ageHours: (nowMs - machine.firstSeenAt.getTime()) / HOUR_MS,
      nowMs,
    }).score;
  }
}

/** Whose machine it is; what an agent says about a machine of another workload is not believed. */
function ownerOf(machine: Machine | null, reporter: Reporter | null): Reporter | null {
  if (machine === null) return reporter;
  return reporter === null || reporter.agentId === machine.agentId ? machine : null;
}
