import { TrafficTargets } from '@spotopt/cloud';
import {
  type AgentCommand,
  type AgentCommandType,
  CommandCompletedV1,
  CommandExpiredV1,
  CommandRequestedV1,
  createEvent,
  type EventData,
  type EventDefinition,
  type EventOf,
  type HeartbeatsV1,
  InterruptionDetectedV1,
  poolIdOf,
  type RegisterAgent,
  type RpcRequest,
  type RpcResponse,
} from '@spotopt/contracts';
import { type AppError, Failpoints, type Tx, type UnitOfWork } from '@spotopt/kernel';
import { changeRows, selectRows } from '@spotopt/persistence';
import {
  type DatabaseDialect,
  ManualClock,
  SequenceIds,
  type TestDatabase,
  testDatabase,
} from '@spotopt/testkit';
import { TypeormFleetStore } from '../fleet/fleet.store.js';
import type { Agent, FleetStore, Instance, UseCaseDeps } from '../fleet/index.js';
import { replicaService } from '../index.js';
import type { BlockScope, PoolBlock } from '../pools/index.js';
import { TypeormPoolStore } from '../pools/pool.store.js';
import type { Switch } from '../switching/switch.js';
import { TypeormSwitchStore } from '../switching/switch.store.js';
import { type UseCases, useCasesOf } from '../use-cases.js';

export const NOW = new Date('2026-11-21T12:00:00.000Z');
export const CLIENT = 'client-1';
export const ALL_COMMANDS: readonly AgentCommandType[] = [
  'switch',
  'create_replica',
  'terminate_replica',
  'quiesce',
  'resume',
  'promote',
  'terminate_instance',
];
const TABLES = [
  'agent',
  'installation',
  'instance',
  'switch',
  'switch_step',
  'pool',
  'pool_block',
  'tenant_pool_block',
  'outbox',
  'inbox',
];

/** Remembers where traffic was moved; fails when told to. */
export class RecordedTraffic extends TrafficTargets {
  readonly moves: string[] = [];
  failure: AppError | null = null;
  beforeMove: (() => Promise<void>) | null = null;

  override async move(_target: unknown, ec2InstanceId: string): Promise<void> {
    await this.beforeMove?.();
    if (this.failure !== null) throw this.failure;
    this.moves.push(ec2InstanceId);
  }

  override holder(): Promise<string | null> {
    return Promise.resolve(this.moves.at(-1) ?? null);
  }
}

/** Throws once at the named point, as a process that dies there would stop. */
export class CrashingFailpoints extends Failpoints {
  armed: string | null = null;

  override hit(name: string): void {
    if (this.armed !== name) return;
    this.armed = null;
    throw new Error(`crash at ${name}`);
  }
}

type Registration = Partial<RpcRequest<typeof RegisterAgent>> & { readonly ec2InstanceId: string };

export interface WorldParts {
  readonly unitOfWork?: (real: UnitOfWork) => UnitOfWork;
  readonly fleet?: FleetStore;
}

/** The real use cases on real stores, with what a test needs to play agents and AWS. */
export class ReplicaWorld {
  readonly pools = new TypeormPoolStore();
  readonly switches = new TypeormSwitchStore();
  readonly traffic = new RecordedTraffic();
  readonly failpoints = new CrashingFailpoints();
  readonly failures: unknown[] = [];
  readonly fleet: FleetStore;
  readonly cases: UseCases;
  readonly deps: UseCaseDeps;
  #events = 0;

  private constructor(
    readonly test: TestDatabase,
    readonly clock: ManualClock,
    ids: SequenceIds,
    parts: WorldParts,
  ) {
    const { uow, inbox, outbox } = test.database;
    this.deps = { uow: parts.unitOfWork?.(uow) ?? uow, inbox, outbox, clock, ids };
    this.fleet = parts.fleet ?? new TypeormFleetStore();
    const { fleet, pools, switches, traffic, failpoints } = this;
    this.cases = useCasesOf(this.deps, {
      fleet,
      pools,
      switches,
      traffic,
      failpoints,
      reporter: {
        failed: (error) => {
          this.failures.push(error);
        },
      },
      offlineAfterMs: 300_000,
    });
  }

  static async open(dialect: DatabaseDialect, parts: WorldParts = {}): Promise<ReplicaWorld> {
    const clock = new ManualClock(NOW);
    const ids = new SequenceIds();
    const { entities, migrations } = replicaService;
    const test = await testDatabase(dialect, { service: 'replica', entities, migrations, clock, ids });
    return new ReplicaWorld(test, clock, ids, parts);
  }

  async clear(): Promise<void> {
    await this.deps.uow.run(async (tx) => {
      for (const table of TABLES) await changeRows(tx, `DELETE FROM \`${table}\``);
    });
    this.traffic.moves.length = 0;
    this.traffic.failure = null;
    this.traffic.beforeMove = null;
    this.failpoints.armed = null;
    this.failures.length = 0;
  }

  register(registration: Registration): Promise<RpcResponse<typeof RegisterAgent>> {
    return this.cases.register.execute({
      clientId: CLIENT,
      logicalAgentId: 'web-1',
      instanceType: 't3.medium',
      region: 'us-east-1',
      az: 'us-east-1a',
      amiId: 'ami-1',
      mode: 'spot',
      hostname: 'host',
      privateIp: null,
      publicIp: null,
      agentVersion: '5.0.0',
      commandTypes: [...ALL_COMMANDS],
      ...registration,
    });
  }

  async prices(prices: Readonly<Record<string, number>>): Promise<void> {
    for (const [zone, spotUsdPerHour] of Object.entries(prices)) {
      const az = `us-east-1${zone}`;
      await this.deps.uow.run((tx) =>
        this.pools.savePrice(tx, {
          poolId: poolIdOf('t3.medium', az),
          region: 'us-east-1',
          az,
          instanceType: 't3.medium',
          spotUsdPerHour,
          onDemandUsdPerHour: 0.0416,
          observedAt: this.clock.now(),
        }),
      );
    }
  }

  async beat(
    agentKey: string,
    epoch: number | null,
    change: Partial<EventData<typeof HeartbeatsV1>['beats'][number]> = {},
  ): Promise<readonly string[]> {
    const beat = {
      agentKey,
      agentId: 'not used',
      clientId: CLIENT,
      status: 'online' as const,
      ec2InstanceId: null,
      mode: 'spot' as const,
      epoch,
      serving: true,
      receivedAt: this.clock.now().toISOString(),
      ...change,
    };
    const { confirmedAgentIds } = await this.cases.heartbeats.execute([beat]);
    for (const agentId of confirmedAgentIds) await this.cases.drive.agentChanged(agentId);
    return confirmedAgentIds;
  }

  /** A standby that the primary's agent launched and that is in the given state; its machine runs an agent. */
  async standby(
    agentId: string,
    ec2InstanceId: string,
    options: {
      readonly state?: 'launching' | 'syncing' | 'ready';
      readonly poolId?: string;
      readonly replicaType?: Instance['replicaType'];
    } = {},
  ): Promise<{ replicaId: string; agentKey: string }> {
    const { replica } = await this.cases.requestReplica.execute({
      clientId: CLIENT,
      agentRef: agentId,
      replicaType: options.replicaType ?? 'automatic-rebalance',
      poolId: options.poolId ?? 't3.medium.us-east-1b',
      excludeZones: [],
      createdBy: 'test',
      requestId: null,
    });
    const { replicaId } = replica;
    if (options.state === 'launching') return { replicaId, agentKey: '' };
    const agentKey = await this.launched(agentId, replicaId, ec2InstanceId);
    if (options.state !== 'syncing') await this.ready(agentId, replicaId);
    return { replicaId, agentKey };
  }

  /** The launch succeeded: the launcher names the machine, and the machine's own agent registers. */
  async launched(agentId: string, replicaId: string, ec2InstanceId: string): Promise<string> {
    await this.update(agentId, replicaId, { ec2InstanceId });
    const { agent } = await this.register({ ec2InstanceId, az: 'us-east-1b' });
    return agent.agentKey;
  }

  async ready(agentId: string, replicaId: string): Promise<void> {
    await this.update(agentId, replicaId, { status: 'ready' });
  }

  async update(
    agentRef: string,
    replicaId: string,
    change: {
      readonly ec2InstanceId?: string;
      readonly status?: 'syncing' | 'ready' | 'failed' | 'terminated';
      readonly errorMessage?: string;
    },
  ): Promise<void> {
    await this.cases.updateReplica.execute({
      clientId: CLIENT,
      agentRef,
      replicaId,
      ec2InstanceId: null,
      status: null,
      syncStatus: null,
      syncLatencyMs: null,
      stateTransferProgress: null,
      errorMessage: null,
      ...change,
    });
  }

  notice(
    agentId: string,
    ec2InstanceId: string,
    change: Partial<EventData<typeof InterruptionDetectedV1>> = {},
  ): EventOf<typeof InterruptionDetectedV1> {
    return createEvent(InterruptionDetectedV1, {
      id: this.eventId(),
      time: this.clock.now(),
      subject: agentId,
      correlation: 'incident-1',
      data: {
        incidentId: 'incident-1',
        agentId,
        clientId: CLIENT,
        ec2InstanceId,
        urgency: 'terminate',
        signal: 'termination-notice',
        deadlineAt: new Date(this.clock.nowMs() + 120_000).toISOString(),
        detectedAt: this.clock.now().toISOString(),
        risk: 0.5,
        bypassed: [],
        ...change,
      },
    });
  }

  /** Delivers a notice and drives what it started, as the consumer does. */
  async interrupt(event: EventOf<typeof InterruptionDetectedV1>): Promise<string | null> {
    const switchId = await this.cases.failOver.execute(event);
    if (switchId !== null) await this.cases.drive.now(switchId);
    return switchId;
  }

  completed(
    command: AgentCommand,
    outcome: {
      readonly success: boolean;
      readonly result?: Record<string, unknown>;
      readonly message?: string;
    },
  ): EventOf<typeof CommandCompletedV1> {
    const { commandId, commandType, agentKey, agentId, clientId } = command;
    return createEvent(CommandCompletedV1, {
      id: this.eventId(),
      time: this.clock.now(),
      subject: agentId,
      data: {
        ...{ commandId, commandType, agentKey, agentId, clientId },
        success: outcome.success,
        message: outcome.message ?? 'done',
        result: outcome.result ?? {},
        finishedAt: this.clock.now().toISOString(),
      },
    });
  }

  expired(command: AgentCommand): EventOf<typeof CommandExpiredV1> {
    const { commandId, commandType, agentKey, agentId, clientId, deadlineAt } = command;
    return createEvent(CommandExpiredV1, {
      id: this.eventId(),
      time: this.clock.now(),
      subject: agentId,
      data: { commandId, commandType, agentKey, agentId, clientId, deadlineAt },
    });
  }

  /** Delivers the end of a command to both of its listeners. */
  async finish(event: EventOf<typeof CommandCompletedV1> | EventOf<typeof CommandExpiredV1>): Promise<void> {
    const failed = !('success' in event.data) || !event.data.success;
    if (failed && event.data.commandType === 'create_replica')
      await this.cases.endFailed.commandFailed(event);
    const switchId = await this.cases.recordResult.execute(event);
    if (switchId !== null) await this.cases.drive.now(switchId);
  }

  async answer(
    commandType: AgentCommandType,
    outcome: {
      readonly success: boolean;
      readonly result?: Record<string, unknown>;
      readonly message?: string;
    },
  ): Promise<AgentCommand> {
    const command = (await this.commands(commandType)).at(-1);
    if (command === undefined) throw new Error(`no ${commandType} was commanded`);
    await this.finish(this.completed(command, outcome));
    return command;
  }

  eventId(): string {
    this.#events += 1;
    return `event-${String(this.#events)}`;
  }

  async events<Definition extends EventDefinition>(definition: Definition): Promise<EventOf<Definition>[]> {
    const rows = await this.deps.uow.read((tx) =>
      selectRows<{ envelope: string }>(tx, 'SELECT envelope FROM outbox WHERE type = ? ORDER BY seq', [
        definition.type,
      ]),
    );
    return rows.map(({ envelope }) => JSON.parse(envelope) as EventOf<Definition>);
  }

  async commands(commandType?: AgentCommandType): Promise<AgentCommand[]> {
    const commands = (await this.events(CommandRequestedV1)).map((event) => event.data.command);
    return commands.filter((command) => commandType === undefined || command.commandType === commandType);
  }

  agent(agentId: string): Promise<Agent> {
    return this.deps.uow.read((tx) => this.agentIn(tx, agentId));
  }

  async agentIn(tx: Tx, agentId: string): Promise<Agent> {
    return found(await this.fleet.findAgent(tx, agentId));
  }

  async instance(instanceId: string): Promise<Instance> {
    return found(await this.deps.uow.read((tx) => this.fleet.findInstance(tx, instanceId)));
  }

  machine(ec2InstanceId: string): Promise<Instance> {
    return this.deps.uow.read((tx) => this.machineIn(tx, ec2InstanceId));
  }

  async machineIn(tx: Tx, ec2InstanceId: string): Promise<Instance> {
    return found(await this.fleet.findInstanceByEc2Id(tx, ec2InstanceId));
  }

  machines(agentId: string): Promise<Instance[]> {
    return this.deps.uow.read((tx) => this.fleet.listInstances(tx, { agentId }));
  }

  primary(agentId: string): Promise<Instance> {
    return this.deps.uow.read((tx) => this.primaryIn(tx, agentId));
  }

  async primaryIn(tx: Tx, agentId: string): Promise<Instance> {
    return found(await this.fleet.findPrimary(tx, agentId));
  }

  switchRow(switchId: string | null): Promise<Switch> {
    return this.deps.uow.read((tx) => this.switchIn(tx, switchId ?? ''));
  }

  async switchIn(tx: Tx, switchId: string): Promise<Switch> {
    return found(await this.switches.find(tx, switchId));
  }

  running(agentId: string): Promise<Switch | null> {
    return this.deps.uow.read((tx) => this.switches.findRunning(tx, agentId));
  }

  block(poolId: string, scope: BlockScope = null): Promise<PoolBlock | null> {
    return this.deps.uow.read((tx) => this.pools.findBlock(tx, poolId, scope));
  }
}

function found<T>(value: T | null): T {
  if (value === null) throw new Error('expected a row that is not there');
  return value;
}
