import { NoticeQueue, type Notice, type ReceivedNotice } from '@spotopt/cloud';
import {
  AgentRegisteredV1,
  createEvent,
  type EventData,
  type EventDefinition,
  type EventOf,
  SwitchFinishedV1,
  SwitchStartedV1,
} from '@spotopt/contracts';
import { changeRows, selectRows } from '@spotopt/persistence';
import {
  type DatabaseDialect,
  ManualClock,
  SequenceIds,
  type TestDatabase,
  testDatabase,
  sampleSettings,
} from '@spotopt/testkit';
import { type EmergencyDeps, HandleSignal, type Signal, TrackFailover } from '../incident/index.js';
import { TypeormIncidentStore } from '../incident/incident.store.js';
import type { Incident } from '../incident/incident.js';
import { emergencyService } from '../index.js';
import { FollowFleet } from '../machines/index.js';
import { TypeormMachineStore } from '../machines/machine.store.js';
import { TypeormPriceStore } from '../risk/price.store.js';

export const NOW = new Date('2026-11-21T12:00:00.000Z');
export const AGENT = { agentId: 'agent-1', clientId: 'client-1' };
export const MACHINE = 'i-0001';
const POOL = 't3.medium.us-east-1a';
const TABLES = ['incident', 'incident_signal', 'machine', 'price_change', 'outbox', 'inbox'];

/** Messages as a queue hands them out: each stays until it is deleted. */
export class ListedNotices extends NoticeQueue {
  readonly waiting: ReceivedNotice[] = [];

  put(...notices: readonly Notice[]): void {
    for (const notice of notices) {
      const id = `message-${String(this.waiting.length + 1)}`;
      this.waiting.push({ notice, receipt: id, messageId: id });
    }
  }

  override receive(): Promise<readonly ReceivedNotice[]> {
    return Promise.resolve([...this.waiting]);
  }

  override delete(receipt: string): Promise<void> {
    const index = this.waiting.findIndex((message) => message.receipt === receipt);
    if (index >= 0) this.waiting.splice(index, 1);
    return Promise.resolve();
  }
}

/** The real use cases on real stores. */
export class EmergencyWorld {
  readonly incidents = new TypeormIncidentStore();
  readonly machines = new TypeormMachineStore();
  readonly prices = new TypeormPriceStore();
  readonly handle: HandleSignal;
  readonly track: TrackFailover;
  readonly follow: FollowFleet;
  readonly deps: EmergencyDeps;
  #events = 0;

  private constructor(
    readonly test: TestDatabase,
    readonly clock: ManualClock,
    ids: SequenceIds,
  ) {
    const { uow, inbox, outbox } = test.database;
    this.deps = { uow, inbox, outbox, clock, ids };
    const { incidents, machines, prices } = this;
    this.handle = new HandleSignal(this.deps, { incidents, machines, prices });
    this.track = new TrackFailover(this.deps, incidents, machines);
    this.follow = new FollowFleet(uow, machines);
  }

  static async open(dialect: DatabaseDialect): Promise<EmergencyWorld> {
    const clock = new ManualClock(NOW);
    const ids = new SequenceIds();
    const { entities, migrations } = emergencyService;
    const test = await testDatabase(dialect, { service: 'emergency', entities, migrations, clock, ids });
    return new EmergencyWorld(test, clock, ids);
  }

  async clear(): Promise<void> {
    await this.deps.uow.run(async (tx) => {
      for (const table of TABLES) await changeRows(tx, `DELETE FROM ${table}`);
    });
  }

  signal(change: Partial<Signal> = {}): Signal {
    return {
      ec2InstanceId: MACHINE,
      kind: 'termination-notice',
      source: 'imds',
      detectedAt: this.clock.now(),
      deadlineAt: null,
      ...change,
    };
  }

  registered(change: Partial<EventData<typeof AgentRegisteredV1>> = {}): EventOf<typeof AgentRegisteredV1> {
    return createEvent(AgentRegisteredV1, {
      id: this.eventId(),
      time: this.clock.now(),
      subject: AGENT.agentId,
      data: {
        ...AGENT,
        agentKey: AGENT.agentId,
        logicalAgentId: 'web-1',
        region: 'us-east-1',
        instanceType: 't3.medium',
        role: 'PRIMARY',
        placement: { instanceId: 'instance-1', ec2InstanceId: MACHINE, mode: 'spot', poolId: POOL },
        primary: null,
        settings: sampleSettings(),
        epoch: 1,
        ...change,
      },
    });
  }

  started(incidentId: string | null, switchId = 'switch-1'): EventOf<typeof SwitchStartedV1> {
    return createEvent(SwitchStartedV1, {
      id: this.eventId(),
      time: this.clock.now(),
      subject: AGENT.agentId,
      data: {
        ...this.#switchOf(incidentId, switchId),
        reason: 'automatic interruption failover',
        targetMode: 'spot',
        targetPoolId: POOL,
      },
    });
  }

  finished(incidentId: string | null, switchId = 'switch-1'): EventOf<typeof SwitchFinishedV1> {
    return createEvent(SwitchFinishedV1, {
      id: this.eventId(),
      time: this.clock.now(),
      subject: AGENT.agentId,
      data: {
        ...this.#switchOf(incidentId, switchId),
        to: { instanceId: 'instance-2', ec2InstanceId: 'i-0002', mode: 'spot', poolId: POOL },
        epoch: 2,
        startedAt: this.clock.now().toISOString(),
        finishedAt: this.clock.now().toISOString(),
        downtimeMs: 900,
        oldUsdPerHour: null,
        newUsdPerHour: null,
        onDemandUsdPerHour: null,
        savingsUsdPerHour: null,
      },
    });
  }

  async events<Definition extends EventDefinition>(definition: Definition): Promise<EventOf<Definition>[]> {
    const rows = await this.deps.uow.read((tx) =>
      selectRows<{ envelope: string }>(tx, 'SELECT envelope FROM outbox WHERE type = ? ORDER BY seq', [
        definition.type,
      ]),
    );
    return rows.map(({ envelope }) => JSON.parse(envelope) as EventOf<Definition>);
  }

  async all(): Promise<Incident[]> {
    return (await this.deps.uow.read((tx) => this.incidents.list(tx, {}, 100))).incidents;
  }

  async onlyIncident(): Promise<Incident> {
    const [incident, ...more] = await this.all();
    if (incident === undefined || more.length > 0) throw new Error(`${String(more.length + 1)} incidents`);
    return incident;
  }

  eventId(): string {
    this.#events += 1;
    return `event-${String(this.#events)}`;
  }

  #switchOf(incidentId: string | null, switchId: string) {
    return {
      ...AGENT,
      switchId,
      trigger: 'emergency' as const,
      from: { instanceId: 'instance-1', ec2InstanceId: MACHINE, mode: 'spot' as const, poolId: POOL },
      decisionId: null,
      incidentId,
    };
  }
}
