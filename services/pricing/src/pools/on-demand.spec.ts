import { describe, expect, it } from '@jest/globals';
import { cataloguePriceOf, isEstimate } from './on-demand.js';

describe('the on-demand catalogue', () => {
  it.each([
    ['us-east-1', 't3.medium', 0.0416],
    ['us-east-1', 't3.nano', 0.0052],
    ['us-east-1', 'm5.large', 0.096],
    ['us-east-1', 'c5.xlarge', 0.17],
    ['us-east-1', 'p2.16xlarge', 14.4],
    ['us-west-2', 'p3.2xlarge', 3.06],
    ['eu-west-3', 'c5.2xlarge', 0.404],
    ['eu-west-3', 'c5.metal', 4.848],
    ['eu-west-3', 'm5d.24xlarge', 6.336],
    ['eu-west-3', 't3.large', 0.0944],
    ['eu-west-3', 't3a.nano', 0.0053],
    ['eu-west-3', 't3a.small', 0.0212],
    ['ap-south-1', 't3.medium', 0.0448],
  ])('%s %s costs %d', (region, instanceType, usdPerHour) => {
    expect(cataloguePriceOf(region, instanceType)).toEqual({ usdPerHour, source: 'catalogue' });
  });

  it.each([
    ['us-east-1', 'x9.large'],
    ['us-east-1', 't3.enormous'],
    ['us-east-1', 'nonsense'],
    ['mars-north-1', 't3.medium'],
    ['us-east-1', 'constructor.large'],
  ])('does not know %s %s', (region, instanceType) => {
    expect(cataloguePriceOf(region, instanceType)).toBeNull();
  });
});

describe('an on-demand price of an agent', () => {
  const reported = (usdPerHour: number, instanceType = 't3.medium') =>
    isEstimate({ region: 'us-east-1', instanceType, usdPerHour, spotUsdPerHour: [0.0125, 0.0135] });

  it('is an estimate when agents are known to make it up', () => {
    expect(reported(0.1)).toBe(true);
    expect(reported(0.039)).toBe(true);
    expect(reported(0.03901)).toBe(true);
  });

  it('is an estimate when the catalogue cannot confirm it', () => {
    expect(reported(0.0416)).toBe(false);
    expect(reported(0.0416, 'x9.large')).toBe(true);
  });
});
