import { Ec2Connection, Ec2Instances, Ec2SpotMarket, ImdsMetadata } from '@spotopt/cloud';
import type { LaunchRequest } from '@spotopt/cloud';
import { SystemClock, UlidIds } from '@spotopt/kernel';
import { generatedPriceBook, seededRandom, startSimulator } from '@spotopt/simulator';
import type { Simulator } from '@spotopt/simulator';
import { waitFor } from '@spotopt/testkit';

/** A simulated region and real adapters to it, for tests of whole agents. */
export class SimulatedCloud {
  readonly instances: Ec2Instances;
  readonly spotMarket: Ec2SpotMarket;
  readonly #connection: Ec2Connection;
  #launches = 0;

  private constructor(readonly simulator: Simulator) {
    this.#connection = new Ec2Connection({
      region: simulator.region.name,
      endpoint: simulator.endpoint,
      credentials: { accessKeyId: 'simulated', secretAccessKey: 'simulated' },
    });
    this.instances = new Ec2Instances(this.#connection);
    this.spotMarket = new Ec2SpotMarket(this.#connection);
  }

  static async start(): Promise<SimulatedCloud> {
    const clock = new SystemClock();
    const simulator = await startSimulator({
      clock,
      ids: new UlidIds(),
      random: seededRandom(11),
      prices: generatedPriceBook({
        startMs: clock.nowMs() - 86_400_000,
        seed: 11,
        instanceTypes: ['t3.medium', 'm5.large'],
      }),
      awsPort: 0,
      metadataPort: 0,
      noticeQueueName: 'notices',
      bootTimes: { minMs: 50, maxMs: 100 },
      statusCheckMs: 50,
      shutdownMs: 50,
    });
    return new SimulatedCloud(simulator);
  }

  /** A running machine with an image, a profile and user data of its own. */
  async launchRunning(changes: Partial<LaunchRequest> = {}): Promise<string> {
    this.#launches += 1;
    const { ec2InstanceId } = await this.instances.launch({
      clientToken: `machine-${String(this.#launches)}`,
      instanceType: 't3.medium',
      az: 'us-east-1a',
      market: 'spot',
      imageId: 'ami-0123456789abcdef0',
      tags: { 'spotopt:logical-agent-id': 'web' },
      userData: 'start the agent',
      iamInstanceProfile: 'agent-profile',
      ...changes,
    });
    await this.untilState(ec2InstanceId, 'running');
    return ec2InstanceId;
  }

  metadataUrl(ec2InstanceId: string): string {
    return `${this.simulator.metadataBaseUrl}/${ec2InstanceId}/latest`;
  }

  metadataOf(ec2InstanceId: string): ImdsMetadata {
    return new ImdsMetadata({ baseUrl: this.metadataUrl(ec2InstanceId) });
  }

  async untilState(ec2InstanceId: string, state: string): Promise<void> {
    const find = (): string | undefined =>
      this.simulator.region.state().instances.find((instance) => instance.id === ec2InstanceId)?.state;
    await waitFor(() => find() === state, { what: `${ec2InstanceId} to be ${state}` });
  }

  async stop(): Promise<void> {
    await this.#connection.close();
    await this.simulator.stop();
  }
}
