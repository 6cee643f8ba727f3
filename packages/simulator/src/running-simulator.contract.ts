import { afterEach } from '@jest/globals';
import {
  EC2Client,
  RunInstancesCommand,
  type Instance,
  type RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import { SQSClient } from '@aws-sdk/client-sqs';
import { ManualClock, mulberry32, SequenceIds } from '@spotopt/testkit';
import { parsePriceFile, recordedPriceBook } from './prices/recorded-prices.js';
import { startSimulator, type Simulator, type SimulatorOptions } from './simulator.js';

export const START = new Date('2026-03-01T12:00:00.000Z');

/** Two types in three zones; t3.medium is dearest in a, m5.large is not sold in c. */
export const PRICES = `timestamp,instance_type,az,spot_price
2026-02-20T00:00:00Z,t3.medium,us-east-1a,0.0190
2026-02-20T00:00:00Z,t3.medium,us-east-1b,0.0130
2026-02-20T00:00:00Z,t3.medium,us-east-1c,0.0170
2026-02-21T10:00:00Z,m5.large,us-east-1a,0.0351
2026-02-21T10:00:00Z,m5.large,us-east-1b,0.0402
2026-02-25T06:30:00Z,t3.medium,us-east-1b,0.0142
2026-03-01T11:00:00Z,t3.medium,us-east-1a,0.0201
`;

/** What every spec of an AWS operation starts from: a running simulator, its clock and real SDK clients. */
export interface Setup {
  readonly clock: ManualClock;
  readonly simulator: Simulator;
  readonly ec2: EC2Client;
  readonly sqs: SQSClient;
  readonly launch: (input?: Partial<RunInstancesCommandInput>) => Promise<Instance>;
  /** Launches a spot instance and moves the clock until it runs. */
  readonly launchRunning: (input?: Partial<RunInstancesCommandInput>) => Promise<string>;
}

const running: Setup[] = [];

afterEach(async () => {
  for (const setup of running.splice(0)) {
    setup.ec2.destroy();
    setup.sqs.destroy();
    await setup.simulator.stop();
  }
});

export const SPOT_T3: RunInstancesCommandInput = {
  ImageId: 'ami-0123456789abcdef0',
  InstanceType: 't3.medium',
  MinCount: 1,
  MaxCount: 1,
  InstanceMarketOptions: { MarketType: 'spot' },
  Placement: { AvailabilityZone: 'us-east-1a' },
};

export async function startRegion(
  options: Partial<SimulatorOptions> & { clock?: ManualClock } = {},
): Promise<Setup> {
  const clock = options.clock ?? new ManualClock(START);
  const simulator = await startSimulator({
    ids: new SequenceIds(),
    random: mulberry32(7),
    prices: recordedPriceBook(parsePriceFile(PRICES, 'inline')),
    bootTimes: { minMs: 40_000, maxMs: 40_000 },
    awsPort: 0,
    metadataPort: 0,
    noticeQueueName: 'notices',
    ...options,
    clock,
  });
  const client = {
    endpoint: simulator.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    maxAttempts: 1,
  };
  const ec2 = new EC2Client(client);
  const sqs = new SQSClient(client);
  const launch = async (input: Partial<RunInstancesCommandInput> = {}): Promise<Instance> => {
    const answer = await ec2.send(new RunInstancesCommand({ ...SPOT_T3, ...input }));
    const [instance] = answer.Instances ?? [];
    if (instance === undefined) throw new Error('RunInstances answered no instance');
    return instance;
  };
  const launchRunning = async (input: Partial<RunInstancesCommandInput> = {}): Promise<string> => {
    const { InstanceId } = await launch(input);
    await clock.advance(40_000);
    return InstanceId ?? '';
  };
  const setup = { clock, simulator, ec2, sqs, launch, launchRunning };
  running.push(setup);
  return setup;
}

/** The code and status of a call that must fail. */
export async function failureOf(
  call: Promise<unknown>,
): Promise<{ code: string; status: number | undefined }> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const metadata = '$metadata' in error ? error.$metadata : undefined;
    const status =
      typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata
        ? Number(metadata.httpStatusCode)
        : undefined;
    return { code: error.name, status };
  }
  throw new Error('the call did not fail');
}
