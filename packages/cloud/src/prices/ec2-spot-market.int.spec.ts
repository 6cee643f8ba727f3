import { afterAll, beforeAll, describe } from '@jest/globals';
import { Ec2Connection, Ec2SpotMarket } from '@spotopt/cloud';
import type { Simulator } from '@spotopt/simulator';
import { settingsFor, startSimulatedAws } from '../testing/simulated-aws.contract.js';
import { spotMarketContract } from './spot-market.contract.js';

let simulator: Simulator;
let connection: Ec2Connection;

beforeAll(async () => {
  simulator = await startSimulatedAws();
  connection = new Ec2Connection(settingsFor(simulator));
});

afterAll(async () => {
  await connection.close();
  await simulator.stop();
});

describe('Ec2SpotMarket against the simulated region', () => {
  spotMarketContract(() =>
    Promise.resolve({
      spotMarket: new Ec2SpotMarket(connection),
      priceNow: (poolId) => simulator.priceBook.priceAt(poolId, Date.now())?.usdPerHour ?? 0,
    }),
  );
});
