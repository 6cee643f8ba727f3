import { afterAll, beforeAll, describe } from '@jest/globals';
import { Ec2Connection, Ec2SpotMarket } from '@spotopt/cloud';
import { UlidIds } from '@spotopt/kernel';
import { generatedPriceBook, seededRandom, type Simulator, startSimulator } from '@spotopt/simulator';
import { ManualClock } from '@spotopt/testkit';
import { AwsOfferings } from './offerings.client.js';
import { FixedOfferings } from './offerings.fake.js';
import { offeringsContract } from './offerings.contract.js';

const TYPES = ['m5.large', 'm5.xlarge', 't3.medium'];
const ZONES = ['us-east-1a', 'us-east-1b', 'us-east-1c'];

describe('FixedOfferings', () => {
  offeringsContract(() =>
    Promise.resolve(new FixedOfferings(Object.fromEntries(TYPES.map((type) => [type, ZONES])))),
  );
});

describe('AwsOfferings against a simulated region', () => {
  let simulator: Simulator;
  let connection: Ec2Connection;

  beforeAll(async () => {
    const clock = new ManualClock();
    simulator = await startSimulator({
      clock,
      ids: new UlidIds(),
      random: seededRandom(7),
      prices: generatedPriceBook({ startMs: clock.nowMs() - 3_600_000, seed: 7, instanceTypes: TYPES }),
      awsPort: 0,
      metadataPort: 0,
      noticeQueueName: 'notices',
    });
    connection = new Ec2Connection({
      region: 'us-east-1',
      endpoint: simulator.endpoint,
      credentials: { accessKeyId: 'simulated', secretAccessKey: 'simulated' },
    });
  });

  afterAll(async () => {
    await connection.close();
    await simulator.stop();
  });

  offeringsContract(() => Promise.resolve(new AwsOfferings(() => new Ec2SpotMarket(connection))));
});
