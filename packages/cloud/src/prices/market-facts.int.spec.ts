import { afterAll, afterEach, beforeAll, describe } from '@jest/globals';
import { AwsOnDemandPriceList, Ec2Connection, Ec2PlacementScores, HttpSpotAdvisor } from '@spotopt/cloud';
import type { Simulator } from '@spotopt/simulator';
import { settingsFor, startSimulatedAws } from '../testing/simulated-aws.contract.js';
import { onDemandPriceListContract } from './on-demand-price-list.contract.js';
import { placementScoresContract } from './placement-scores.contract.js';
import { spotAdvisorContract } from './spot-advisor.contract.js';

describe('against the simulated region', () => {
  let simulator: Simulator;
  let priceList: AwsOnDemandPriceList;

  beforeAll(async () => {
    simulator = await startSimulatedAws();
    priceList = new AwsOnDemandPriceList(settingsFor(simulator));
  });

  afterAll(async () => {
    await priceList.close();
    await simulator.stop();
  });

  describe('AwsOnDemandPriceList', () => {
    onDemandPriceListContract(() =>
      Promise.resolve({
        priceList,
        denyOnce: () => {
          simulator.region.faults.add({
            kind: 'fail-before',
            operation: 'GetProducts',
            times: 1,
            code: 'AccessDeniedException',
            httpStatus: 400,
          });
        },
      }),
    );
  });

  describe('HttpSpotAdvisor', () => {
    spotAdvisorContract(() =>
      Promise.resolve({
        advisor: new HttpSpotAdvisor({ url: `${simulator.endpoint}/spot-advisor-data.json` }),
        failOnce: () => {
          simulator.region.faults.add({ kind: 'throttle', operation: 'ReadSpotAdvisor', times: 1 });
        },
      }),
    );
  });
});

describe('Ec2PlacementScores against a simulated region', () => {
  const cleanUps: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
  });

  placementScoresContract(async () => {
    const simulator = await startSimulatedAws({
      instanceTypes: ['t3.medium', 'm5.large', 'm5a.large', 'c5.large'],
      newScoreConfigurationsPerDay: 2,
    });
    const connection = new Ec2Connection({ ...settingsFor(simulator), maxAttempts: 1 });
    cleanUps.push(
      () => simulator.stop(),
      () => connection.close(),
    );
    return {
      scores: new Ec2PlacementScores(() => connection),
      throttleOnce: () => {
        simulator.region.faults.add({ kind: 'throttle', operation: 'GetSpotPlacementScores', times: 1 });
      },
    };
  });
});
