import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { gatewayService } from '@spotopt/gateway';
import { SystemClock } from '@spotopt/kernel';
import { listSubscriptions } from '@spotopt/messaging';
import { pricingService } from '@spotopt/pricing';
import { replicaService } from '@spotopt/replica';
import { dropSchemas, mysqlUrl, rabbitUrl, redisUrl, removeTopology, waitFor } from '@spotopt/testkit';
import { Api, freePort, SupervisedProcess } from '@spotopt/tests';
import type { Broker } from './broker.js';
import type { Sender } from './http-load.js';
import { ObservedTimes, ReportBodies } from './report-body.js';

interface Registered {
  readonly agent_id: string;
  /** Its name without the prefix. */
  readonly command_queue: string;
}

type ServiceName = 'gateway' | 'pricing' | 'replica';

const READY_WITHIN_MS = 60_000;
const resolveFrom = createRequire(import.meta.url);

/** What the measurements of the path of a report work with. */
export interface Ingest {
  readonly installation: Installation;
  readonly broker: Broker;
  readonly senders: readonly Sender[];
}

/** Gateway, replica and pricing as processes of their own on the real servers, apart from everybody else's. */
export class Installation {
  readonly prefix = `bench-${randomBytes(4).toString('hex')}.`;
  readonly #processes = new Map<ServiceName, SupervisedProcess>();
  readonly #agentQueues: string[] = [];
  readonly #adminToken = randomBytes(32).toString('hex');
  readonly #encryptionKey = randomBytes(32).toString('hex');

  private constructor(
    private readonly gatewayPort: number,
    private readonly unusedPort: number,
    private readonly tell: (line: string) => void,
  ) {}

  static async create(tell: (line: string) => void): Promise<Installation> {
    return new Installation(await freePort(), await freePort(), tell);
  }

  /** Prefix of the schemas on the common server. */
  get databaseUrl(): string {
    return withSchema(mysqlUrl(), this.schema);
  }

  get schema(): string {
    return this.prefix.replaceAll(/[^a-z0-9]/g, '_');
  }

  /** Resolves when the service is ready. */
  async start(name: ServiceName, databaseUrl = this.databaseUrl): Promise<void> {
    const healthPort = await freePort();
    const service = new SupervisedProcess({
      name,
      entry: resolveFrom.resolve(`@spotopt/${name}/main`),
      env: this.#environment(databaseUrl, healthPort),
      restart: false,
      log: this.tell,
    });
    this.#processes.set(name, service);
    const url = `http://127.0.0.1:${String(healthPort)}/health/ready`;
    const isReady = (): Promise<boolean> => fetch(url).then((answer) => answer.ok);
    const options = { timeoutMs: READY_WITHIN_MS, everyMs: 100, what: `${name} to be ready` };
    await waitFor(isReady, options).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${service.tail}`, { cause: error });
    });
  }

  async stop(name: ServiceName): Promise<void> {
    const service = this.#processes.get(name);
    this.#processes.delete(name);
    await service?.stop();
  }

  /** A tenant with machines that report, made as people and agents do. */
  async register(machines: number): Promise<Sender[]> {
    const gatewayUrl = `http://127.0.0.1:${String(this.gatewayPort)}`;
    const admin = new Api(gatewayUrl, this.#adminToken);
    const made = await admin.post('/api/admin/clients/create', { name: 'bench' });
    const { token } = (made as { client: { token: string } }).client;
    const times = new ObservedTimes(new SystemClock().nowMs());
    const senders: Sender[] = [];
    for (let machine = 1; machine <= machines; machine += 1) {
      const ec2InstanceId = `i-0be0c4${String(machine).padStart(11, '0')}`;
      const registered = await new Api(gatewayUrl, token).post('/api/agents/register', {
        instance_id: ec2InstanceId,
        instance_type: 'c5.large',
        region: 'us-east-1',
        az: 'us-east-1a',
        mode: 'spot',
        logical_agent_id: `bench-${String(machine)}`,
      });
      const { agent_id: agentId, command_queue: queue } = registered as Registered;
      this.#agentQueues.push(queue);
      const path = `/api/agents/${agentId}/pricing-report`;
      const target = { port: this.gatewayPort, path, token };
      senders.push({ target, bodies: new ReportBodies(ec2InstanceId, times) });
    }
    return senders;
  }

  /** Ends what was started and removes what it made on the common servers. */
  async remove(): Promise<void> {
    await Promise.all([...this.#processes.keys()].map((name) => this.stop(name)));
    const names = ['gateway', 'pricing', 'replica'];
    await dropSchemas(
      mysqlUrl(),
      names.map((name) => `${this.schema}_${name}`),
    );
    await removeTopology(rabbitUrl(), this.prefix, [...sharedQueues(), ...this.#agentQueues]);
  }

  #environment(databaseUrl: string, healthPort: number): Record<string, string> {
    return {
      DATABASE_URL: databaseUrl,
      RABBITMQ_URL: rabbitUrl(),
      RABBITMQ_PREFIX: this.prefix,
      REDIS_URL: redisUrl(),
      HOST: '127.0.0.1',
      HTTP_PORT: String(this.gatewayPort),
      HEALTH_PORT: String(healthPort),
      LOG_LEVEL: 'warn',
      ADMIN_TOKEN: this.#adminToken,
      TOKEN_ENCRYPTION_KEY: this.#encryptionKey,
      RATE_LIMIT_PER_SECOND: '0',
      PRICE_HISTORY_ENABLED: 'false',
      AWS_REGION: 'us-east-1',
      // Nothing here needs AWS, and nobody listens there.
      AWS_ENDPOINT: `http://127.0.0.1:${String(this.unusedPort)}`,
      AWS_ACCESS_KEY_ID: 'none',
      AWS_SECRET_ACCESS_KEY: 'none',
    };
  }
}

/** The same server with this prefix of schemas. */
export function withSchema(databaseUrl: string, schema: string): string {
  const url = new URL(databaseUrl);
  url.pathname = `/${schema}`;
  return url.href;
}

/** Queues that outlive their consumers. */
function sharedQueues(): string[] {
  return [gatewayService, pricingService, replicaService].flatMap(({ name, listeners }) =>
    listSubscriptions(name, listeners)
      .filter(({ kind }) => kind === 'shared')
      .map(({ queue }) => queue),
  );
}
