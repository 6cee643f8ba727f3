import { describe } from '@jest/globals';
import { FixedPlacementScores, FixedPriceList, FixedSpotAdvisor } from '@spotopt/cloud/testing';
import { AppError } from '@spotopt/kernel';
import { ManualClock } from '@spotopt/testkit';
import { onDemandPriceListContract } from './on-demand-price-list.contract.js';
import { placementScoresContract } from './placement-scores.contract.js';
import { spotAdvisorContract } from './spot-advisor.contract.js';

describe('FixedPriceList', () => {
  onDemandPriceListContract(() => {
    const priceList = new FixedPriceList()
      .set('us-east-1', 'm5.large', 0.096)
      .set('us-east-1', 't3.medium', 0.0416);
    const denyOnce = () => priceList.failures.next.push(AppError.permanent('access-denied', 'not allowed'));
    return Promise.resolve({ priceList, denyOnce });
  });
});

describe('FixedPlacementScores', () => {
  placementScoresContract(() => {
    const scores = new FixedPlacementScores({
      clock: new ManualClock(),
      scores: { 'us-east-1a': 3, 'us-east-1b': 9, 'us-east-1c': 5 },
      newConfigurationsPerDay: 2,
    });
    return Promise.resolve({
      scores,
      throttleOnce: () => scores.failures.next.push(AppError.transient('throttled', 'slow down')),
    });
  });
});

describe('FixedSpotAdvisor', () => {
  spotAdvisorContract(() => {
    const advisor = new FixedSpotAdvisor([
      { region: 'us-east-1', instanceType: 'm5.large', bucket: 0, label: '<5%', savingsPercent: 61 },
      { region: 'us-east-1', instanceType: 't3.medium', bucket: 4, label: '>20%', savingsPercent: 59 },
    ]);
    const failOnce = () => advisor.failures.next.push(AppError.transient('advisor-unavailable', 'HTTP 503'));
    return Promise.resolve({ advisor, failOnce });
  });
});
