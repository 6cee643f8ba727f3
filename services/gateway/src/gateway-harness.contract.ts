import { createEvent } from '@spotopt/contracts';
import type {
  AgentView,
  EventDefinition,
  NewEvent,
  ResolvedAgent,
  RpcDefinition,
  RpcRequest,
  RpcResponse,
} from '@spotopt/contracts';
import type { GetAgentConfig } from '@spotopt/contracts';
import { RegisterAgent, ResolveAgent } from '@spotopt/contracts';
import { NoFailpoints, SystemClock, UlidIds } from '@spotopt/kernel';
import type { Clock } from '@spotopt/kernel';
import { InProcessBroker, InProcessMessageBus, MemoryAttemptStore, eventMessage } from '@spotopt/messaging';
import type { Delivery, MessageBus } from '@spotopt/messaging';
import { Metrics, silentLogger, startService } from '@spotopt/platform';
import type { RunningService } from '@spotopt/platform';
import { selectRows } from '@spotopt/persistence';
import type { Database } from '@spotopt/persistence';
import { testDatabase, waitFor, sampleSettings } from '@spotopt/testkit';
import type { DatabaseDialect } from '@spotopt/testkit';
import { gatewayConfig, gatewayService } from './index.js';
import type { GatewayConfig } from './index.js';

export const ADMIN_TOKEN = 'admin-token-for-tests-0123456789abcdef0123456789abcdef0123456789';
const ENCRYPTION_KEY = '0123456789abcdef'.repeat(4);

export const SETTINGS: RpcResponse<typeof GetAgentConfig>['settings'] = sampleSettings({
  autoTerminateEnabled: false,
  terminateWaitSeconds: 1800,
});

export const AGENT: Omit<AgentView, 'clientId'> = {
  agentId: 'workload-of-key-1',
  logicalAgentId: 'web',
  status: 'online',
  hostname: 'ip-10-0-0-1',
  agentVersion: '4.0.0',
  region: 'us-east-1',
  instanceType: 't3.medium',
  ec2InstanceId: 'i-0abc1234',
  az: 'us-east-1a',
  mode: 'spot',
  poolId: 't3.medium.us-east-1a',
  epoch: 1,
  lastHeartbeatAt: '2026-11-21T12:00:00.000Z',
  createdAt: '2026-11-21T11:00:00.000Z',
  settings: SETTINGS,
  replicaCount: 0,
};

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
  readonly text: string;
}

export interface CallOptions {
  readonly token?: string | null;
  readonly body?: unknown;
  readonly rawBody?: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface GatewayOptions {
  readonly dialect?: DatabaseDialect;
  readonly clock?: Clock;
  readonly config?: Partial<GatewayConfig>;
}

function requestOf({ token = ADMIN_TOKEN, body, rawBody, headers = {} }: CallOptions): RequestInit {
  const payload = rawBody ?? (body === undefined ? undefined : JSON.stringify(body));
  return {
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(payload === undefined ? {} : { body: payload }),
  };
}

/** In one process an event is sent when its consumers are done, so they must not be stopped before. */
async function outboxSent(database: Database): Promise<void> {
  const unsent = (): Promise<unknown[]> =>
    database.uow.read((tx) => selectRows(tx, 'SELECT 1 FROM outbox WHERE sent_at IS NULL LIMIT 1'));
  await waitFor(async () => (await unsent()).length === 0, { what: 'the outbox to be empty' });
}

/** The gateway on real HTTP, a real database and a real in-process bus, with owners that a test plays. */
export class GatewayHarness {
  readonly agents = new Map<string, ResolvedAgent>();
  readonly events: Delivery[] = [];
  readonly commands: Delivery[] = [];

  private constructor(
    readonly service: RunningService,
    readonly broker: InProcessBroker,
    readonly outside: MessageBus,
    readonly clock: Clock,
    readonly config: GatewayConfig,
    private readonly cleanUps: (() => Promise<void>)[],
  ) {}

  static async start(options: GatewayOptions = {}): Promise<GatewayHarness> {
    const { dialect = 'sqlite', clock = new SystemClock() } = options;
    const config = gatewayConfig.parse({
      adminToken: ADMIN_TOKEN,
      tokenEncryptionKey: ENCRYPTION_KEY,
      rateLimitPerSecond: 0,
      ...options.config,
    });
    const { entities, migrations } = gatewayService;
    const test = await testDatabase(dialect, { service: 'gateway', entities, migrations, clock });
    const broker = new InProcessBroker(clock);
    const logger = silentLogger();
    const bus = (): MessageBus =>
      new InProcessMessageBus(broker, { clock, attempts: new MemoryAttemptStore(), logger });
    const outside = bus();
    const service = await startService(gatewayService, {
      ...{ config, clock, logger, database: test.database, bus: bus() },
      ids: new UlidIds(),
      random: () => 0.5,
      metrics: Metrics.create({ service: 'gateway' }),
      failpoints: new NoFailpoints(),
    });
    const harness = new GatewayHarness(service, broker, outside, clock, config, [
      () => outboxSent(test.database),
      () => service.stop(5_000),
      () => outside.close(0),
      () => test.cleanUp(),
    ]);
    await harness.#listen();
    return harness;
  }

  async stop(): Promise<void> {
    for (const cleanUp of this.cleanUps) await cleanUp();
  }

  get url(): string {
    return this.service.httpUrl ?? '';
  }

  async call(method: string, path: string, options: CallOptions = {}): Promise<HttpAnswer> {
    const response = await fetch(this.url + path, { method, ...requestOf(options) });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    const parsed = (isJson && text !== '' ? JSON.parse(text) : {}) as HttpAnswer['body'];
    return { status: response.status, headers: response.headers, body: parsed, text };
  }

  /** A tenant made through the API. */
  async createClient(name: string): Promise<{ id: string; token: string }> {
    const { body } = await this.call('POST', '/api/admin/clients', { body: { name } });
    return { id: String(body['client_id']), token: String(body['token']) };
  }

  /** An installation that the owner of the fleet knows. */
  addAgent(clientId: string, agentKey: string, facts: Partial<ResolvedAgent> = {}): ResolvedAgent {
    const agent: ResolvedAgent = {
      agentKey,
      agentId: `workload-of-${agentKey}`,
      clientId,
      logicalAgentId: agentKey,
      ec2InstanceId: 'i-0abc1234',
      role: 'PRIMARY',
      enabled: true,
      epoch: 1,
      commandTypes: ['switch', 'create_replica', 'quiesce', 'resume', 'promote', 'terminate_instance'],
      ...facts,
    };
    this.agents.set(agentKey, agent);
    return agent;
  }

  async answer<Definition extends RpcDefinition>(
    definition: Definition,
    respond: (request: RpcRequest<Definition>) => RpcResponse<Definition> | Promise<RpcResponse<Definition>>,
  ): Promise<() => Promise<void>> {
    const subscription = await this.outside.respond(definition.method, async (body) => {
      const request = definition.request.parse(JSON.parse(body)) as RpcRequest<Definition>;
      return JSON.stringify(await respond(request));
    });
    return () => subscription.cancel();
  }

  async publish<Definition extends EventDefinition>(
    definition: Definition,
    event: Omit<NewEvent<Definition>, 'id' | 'time'> & { readonly id?: string },
  ): Promise<string> {
    const id = event.id ?? new UlidIds().next();
    await this.outside.publish(
      eventMessage(createEvent(definition, { ...event, id, time: this.clock.now() })),
    );
    return id;
  }

  /** Data of the events of one type that left the gateway or were published by the test. */
  dataOf<Definition extends EventDefinition>(definition: Definition): Record<string, unknown>[] {
    return this.events
      .filter(({ type }) => type === definition.type)
      .map(({ body }) => (JSON.parse(body) as { data: Record<string, unknown> }).data);
  }

  async #listen(): Promise<void> {
    await this.outside.subscribe(
      {
        queue: 'test.events',
        kind: 'ephemeral',
        bindings: [{ exchange: 'spotopt.events', routingKey: '#' }],
      },
      async (delivery) => {
        this.events.push(delivery);
        return Promise.resolve();
      },
    );
    await this.answer(ResolveAgent, ({ clientId, agentRef }) => {
      const agent = this.agents.get(agentRef) ?? null;
      const foreign = agent !== null && clientId !== null && agent.clientId !== clientId;
      return { agent: foreign ? null : agent };
    });
    await this.answer(RegisterAgent, (request) => {
      const agentKey = `key-${request.ec2InstanceId}`;
      const known = this.agents.has(agentKey);
      const { ec2InstanceId, logicalAgentId } = request;
      const agent = this.addAgent(request.clientId, agentKey, {
        ec2InstanceId,
        logicalAgentId,
        commandTypes: request.commandTypes ?? ['switch'],
      });
      return { agent, settings: SETTINGS, created: !known };
    });
  }
}
