import { expect, test } from '@jest/globals';
import { regionOfZone, shortRegionName, zonesOf } from './zones.js';

test.each([
  ['us-east-1', 'use1'],
  ['eu-west-3', 'euw3'],
  ['ap-southeast-2', 'apse2'],
  ['ap-northeast-1', 'apne1'],
  ['us-gov-west-1', 'usgw1'],
])('%s is %s', (region, short) => {
  expect(shortRegionName(region)).toBe(short);
});

test('zones have ids of their region, each its own', () => {
  const zones = zonesOf(['eu-west-3b', 'eu-west-3a']);
  expect(zones.map((zone) => [zone.name, zone.id])).toEqual([
    ['eu-west-3a', 'euw3-az2'],
    ['eu-west-3b', 'euw3-az1'],
  ]);
  expect(regionOfZone('eu-west-3b')).toBe('eu-west-3');
});
