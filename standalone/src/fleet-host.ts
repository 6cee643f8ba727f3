import {
  FileStateStore,
  FLEET_TAGS,
  HttpGateway,
  type RunningAgent,
  SimulatedWorkload,
  startAgent,
} from '@spotopt/agent';
import { Ec2Connection, Ec2Instances, Ec2SpotMarket, ImdsMetadata } from '@spotopt/cloud';
import { type Clock, SystemClock } from '@spotopt/kernel';
import { type InProcessBroker, InProcessMessageBus, MemoryAttemptStore } from '@spotopt/messaging';
import type { Logger } from '@spotopt/platform';
import type { Simulator } from '@spotopt/simulator';
import { SIMULATED_CREDENTIALS } from './services.js';

const REAL_TIME = new SystemClock();

export interface FleetHostSettings {
  readonly simulator: Simulator;
  readonly broker: InProcessBroker;
  readonly gatewayUrl: string;
  readonly clientToken: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly stateFileOf: (ec2InstanceId: string) => string;
}

/**
 * What the boot of a machine image does in the real world: runs an agent on every simulated machine of the
 * fleet, and ends it without a word when the machine goes.
 */
export class FleetHost {
  readonly #agents = new Map<string, RunningAgent>();
  readonly #endings = new Set<Promise<void>>();
  readonly #unlisten: (() => void)[] = [];
  readonly #connection: Ec2Connection;
  #stopped = false;

  constructor(private readonly settings: FleetHostSettings) {
    const { simulator } = settings;
    this.#connection = new Ec2Connection({
      region: simulator.region.name,
      endpoint: simulator.endpoint,
      credentials: SIMULATED_CREDENTIALS,
    });
  }

  start(): void {
    const { region } = this.settings.simulator;
    this.#unlisten.push(
      region.onInstanceRunning((instance) => {
        if (instance.tags.has(FLEET_TAGS.managed)) this.boot(instance.id);
      }),
      region.onInstanceGone((instance) => {
        void this.halt(instance.id);
      }),
    );
    // Machines of an earlier run have booted before anybody listened.
    const nowMs = this.settings.clock.nowMs();
    for (const instance of region.instances.alive()) {
      if (instance.runningAtMs <= nowMs && instance.tags.has(FLEET_TAGS.managed)) this.boot(instance.id);
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const unlisten of this.#unlisten) unlisten();
    // Killed, not stopped: the machines go on when this program starts again, so no agent says goodbye.
    await Promise.all([...this.#agents.values()].map((agent) => agent.kill()));
    await Promise.all(this.#endings);
  }

  /** Starts the agent of a machine; of no effect while it runs. */
  boot(ec2InstanceId: string): void {
    if (this.#stopped || this.#agents.has(ec2InstanceId)) return;
    const { simulator, broker, gatewayUrl, clientToken, clock, random, stateFileOf } = this.settings;
    const logger = this.settings.logger.child({ service: 'agent', ec2InstanceId });
    const agent = startAgent({
      clock,
      random,
      logger,
      gateway: new HttpGateway({ serverUrl: gatewayUrl, clientToken }),
      metadata: new ImdsMetadata({ baseUrl: `${simulator.metadataBaseUrl}/${ec2InstanceId}/latest` }),
      instances: new Ec2Instances(this.#connection),
      spotMarket: new Ec2SpotMarket(this.#connection),
      createWorkload: (identity) =>
        new SimulatedWorkload(clock, {
          simulatorUrl: simulator.endpoint,
          ec2InstanceId: identity.ec2InstanceId,
        }),
      stateStore: new FileStateStore(stateFileOf(ec2InstanceId), logger),
      bus: new InProcessMessageBus(broker, {
        clock: REAL_TIME,
        attempts: new MemoryAttemptStore(),
        logger,
      }),
      agentVersion: '5.0.0',
    });
    this.#agents.set(ec2InstanceId, agent);
    agent.ready.catch((error: unknown) => {
      if (this.#agents.has(ec2InstanceId)) logger.error({ error }, 'an agent could not start');
    });
  }

  /** Ends the agent of a machine without a word, as a power cut would. */
  async halt(ec2InstanceId: string): Promise<void> {
    const agent = this.#agents.get(ec2InstanceId);
    if (agent === undefined) return;
    this.#agents.delete(ec2InstanceId);
    const ending = agent.kill();
    this.#endings.add(ending);
    await ending.finally(() => this.#endings.delete(ending));
  }
}
