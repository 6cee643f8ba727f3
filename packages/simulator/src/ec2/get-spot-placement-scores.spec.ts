import { expect, test } from '@jest/globals';
import {
  DescribeAvailabilityZonesCommand,
  GetSpotPlacementScoresCommand,
  type GetSpotPlacementScoresCommandInput,
} from '@aws-sdk/client-ec2';
import { generatedPriceBook } from '../prices/generated-prices.js';
import { failureOf, START, startRegion } from '../running-simulator.contract.js';

const DAY_MS = 86_400_000;
const TYPES = ['m5.large', 'm5a.large', 'c5.large'];
const ASKED: GetSpotPlacementScoresCommandInput = {
  InstanceTypes: TYPES,
  TargetCapacity: 1,
  SingleAvailabilityZone: true,
  RegionNames: ['us-east-1'],
};

async function startScores(newScoreConfigurationsPerDay = 10) {
  const prices = generatedPriceBook({ startMs: START.getTime() - DAY_MS, seed: 3 });
  const setup = await startRegion({ prices, newScoreConfigurationsPerDay, marketSeed: 5 });
  const ask = async (changes: Partial<GetSpotPlacementScoresCommandInput> = {}) =>
    (await setup.ec2.send(new GetSpotPlacementScoresCommand({ ...ASKED, ...changes }))).SpotPlacementScores;
  return { ...setup, ask };
}

test('every zone that sells one of the types has a score, under its id and best first', async () => {
  const { ask, ec2 } = await startScores();
  const zones = await ec2.send(new DescribeAvailabilityZonesCommand({}));
  const scores = (await ask()) ?? [];
  expect(scores.map((one) => one.AvailabilityZoneId).sort()).toEqual(
    zones.AvailabilityZones?.map((zone) => zone.ZoneId).sort(),
  );
  const values = scores.map((one) => one.Score ?? 0);
  expect(values).toEqual([...values].sort((a, b) => b - a));
  expect(values.every((score) => score >= 1 && score <= 10)).toBe(true);
  expect(await ask()).toEqual(scores);
  expect(await ask({ SingleAvailabilityZone: false })).toMatchObject([
    { Region: 'us-east-1', Score: Math.max(...values) },
  ]);
});

test('fewer than three types always score low, and so does a zone without capacity', async () => {
  const { ask, simulator } = await startScores();
  for (const { Score } of (await ask({ InstanceTypes: ['m5.large'] })) ?? []) {
    expect(Score).toBeLessThanOrEqual(3);
  }
  for (const type of TYPES) simulator.region.setCapacity(`${type}.us-east-1a`, 0);
  const id = simulator.region.zones.find((zone) => zone.name === 'us-east-1a')?.id;
  const scores = await ask();
  expect(scores?.find((one) => one.AvailabilityZoneId === id)?.Score).toBe(1);
});

test('new configurations are limited in 24 hours, those that were asked before are not', async () => {
  const { ask, clock } = await startScores(2);
  await ask();
  await ask({ TargetCapacity: 2 });
  expect(await failureOf(ask({ TargetCapacity: 3 }))).toEqual({
    code: 'MaxConfigLimitExceeded',
    status: 400,
  });
  await ask({ TargetCapacity: 2 });
  await clock.advance(DAY_MS);
  await ask({ TargetCapacity: 3 });
});

test('refuses what AWS refuses', async () => {
  const { ask } = await startScores();
  expect((await failureOf(ask({ TargetCapacity: 0 }))).code).toBe('InvalidParameterValue');
  expect((await failureOf(ask({ InstanceTypes: [] }))).code).toBe('MissingParameter');
  expect((await failureOf(ask({ InstanceTypes: ['x9.huge'] }))).code).toBe('InvalidParameterValue');
});
