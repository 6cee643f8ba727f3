import { describe, expect, it } from '@jest/globals';
import type { OnDemandPrice } from '../pools/ports.js';
import { BUCKET_MS, type SeriesBucket } from '../series/ports.js';
import { type PoolPrices, priceUsage, type Usage } from './price-usage.js';

const START_MS = Date.parse('2026-10-05T10:00:00.000Z');
const LISTED: OnDemandPrice = { usdPerHour: 0.0416, source: 'catalogue' };
const GUESSED: OnDemandPrice = { usdPerHour: 0.12, source: 'estimated' };

function bucket(
  index: number,
  usdPerHour: number,
  source: SeriesBucket['source'] = 'primary-report',
): SeriesBucket {
  const bucketAt = new Date(START_MS + index * BUCKET_MS);
  return { poolId: 'p', bucketAt, usdPerHour, source, confidence: 1, fill: null, other: null };
}

function prices(
  onDemand: OnDemandPrice | null,
  buckets: SeriesBucket[],
  before: SeriesBucket | null = null,
): PoolPrices {
  return { onDemand, before, buckets: new Map(buckets.map((own) => [own.bucketAt.getTime(), own])) };
}

/** Times in minutes after the start of the first bucket. */
function usage(fromMinutes: number, toMinutes: number, change: Partial<Usage> = {}): Usage {
  return {
    ...{ agentId: 'agent-1', clientId: 'client-1', instanceId: 'a', ec2InstanceId: 'i-a', poolId: 'p' },
    ...{ mode: 'spot' as const, purpose: 'primary' as const },
    fromMs: START_MS + fromMinutes * 60_000,
    toMs: START_MS + toMinutes * 60_000,
    ...change,
  };
}

const MINUTE_MS = 60_000;

describe('the price of running time', () => {
  it('is each bucket’s for the part of it that the machine ran', () => {
    const known = prices(LISTED, [bucket(0, 0.06), bucket(1, 0.12), bucket(2, 0.6)]);
    const [line, ...others] = priceUsage(usage(2, 11), known);
    expect(others).toEqual([]);
    // 3 min × 0.001 + 5 min × 0.002 + 1 min × 0.01
    expect(line).toMatchObject({ costMicroUsd: 23_000, onDemandMicroUsd: 6_240, estimated: false });
  });

  it('is the last one known while there is none, and an estimate then', () => {
    const known = prices(LISTED, [bucket(0, 0.06), bucket(3, 0.12, 'interpolated')]);
    expect(priceUsage(usage(0, 20), known)).toMatchObject([
      { costMicroUsd: 5_000, carriedMs: 0, estimated: false },
      { costMicroUsd: 10_000, carriedMs: 10 * MINUTE_MS, estimated: true },
      { costMicroUsd: 10_000, carriedMs: 0, filledMs: 5 * MINUTE_MS, estimated: false },
    ]);
  });

  it('is carried on from before the machine started, and from before the day', () => {
    const known = prices(LISTED, [bucket(0, 0.06)], bucket(-300, 0.6));
    expect(priceUsage(usage(5, 10), known)).toMatchObject([{ costMicroUsd: 5_000, estimated: true }]);
    expect(priceUsage(usage(-5, 0), known)).toMatchObject([{ costMicroUsd: 50_000, estimated: true }]);
  });

  it('is nothing, and neither is the counterfactual, before the first price', () => {
    const [before, after] = priceUsage(usage(0, 10), prices(LISTED, [bucket(1, 0.06)]));
    expect(before).toMatchObject({
      ...{ costMicroUsd: 0, onDemandMicroUsd: 0, unpricedMs: 5 * MINUTE_MS, estimated: false },
      // Known all the same, for the day on which the cost gets settled.
      counterfactualMicroUsd: 3_467,
    });
    expect(after).toMatchObject({ costMicroUsd: 5_000, onDemandMicroUsd: 3_467, unpricedMs: 0 });
  });

  it('of a primary needs an on-demand price to compare with, that of another machine does not', () => {
    const unlisted = prices(null, [bucket(0, 0.06)]);
    expect(priceUsage(usage(0, 5), unlisted)).toMatchObject([
      { unpricedMs: 5 * MINUTE_MS, counterfactualMicroUsd: null },
    ]);
    expect(priceUsage(usage(0, 5, { purpose: 'standby' }), unlisted)).toMatchObject([
      { costMicroUsd: 5_000, onDemandMicroUsd: 0, counterfactualMicroUsd: 0, estimated: false },
    ]);
  });

  it('of an on-demand machine is its list price, and no saving', () => {
    const [line] = priceUsage(usage(0, 90, { mode: 'ondemand' }), prices(LISTED, []));
    expect(line).toMatchObject({ costMicroUsd: 62_400, onDemandMicroUsd: 62_400, estimated: false });
    expect(priceUsage(usage(0, 90, { mode: 'ondemand' }), prices(null, []))).toMatchObject([
      { unpricedMs: 90 * MINUTE_MS },
    ]);
  });

  it.each([
    ['a guessed on-demand price', usage(0, 5), GUESSED, true],
    ['a guess that is not compared with', usage(0, 5, { purpose: 'standby' }), GUESSED, false],
    ['an on-demand machine at a guess', usage(0, 5, { purpose: 'standby', mode: 'ondemand' }), GUESSED, true],
    ['a machine of unknown mode', usage(0, 5, { mode: 'unknown' }), LISTED, true],
  ] as const)('counts as an estimate or not: %s', (_name, used, onDemand, estimated) => {
    expect(priceUsage(used, prices(onDemand, [bucket(0, 0.06)]))).toMatchObject([{ estimated }]);
  });
});
