import { describe, expect, it } from '@jest/globals';
import { BUCKET_MS } from './bucket.js';
import { fillGaps, gapsOf, type MeasuredPrices, methodFor } from './fill.js';

const T0 = Date.parse('2026-11-21T09:55:00.000Z');
const POOL = 't3.medium.us-east-1a';

/** Prices by the number of the bucket. */
function measured(prices: Readonly<Record<number, number>>): MeasuredPrices {
  return new Map(Object.entries(prices).map(([index, usd]) => [T0 + Number(index) * BUCKET_MS, usd]));
}

function filled(
  prices: Readonly<Record<number, number>>,
  peers: Readonly<Record<string, Readonly<Record<number, number>>>> = {},
) {
  const ofPeers = new Map(Object.entries(peers).map(([id, ofPeer]) => [id, measured(ofPeer)]));
  return fillGaps({ poolId: POOL, measured: measured(prices), peers: ofPeers });
}

describe('gaps by class (CT-86)', () => {
  it('two missing buckets between 0.050 and 0.060 lie on the line, at 0.85', () => {
    const buckets = filled({ 0: 0.05, 3: 0.06 });
    expect(buckets.map(({ usdPerHour }) => usdPerHour)).toEqual([0.053333, 0.056667]);
    expect(buckets[0]).toEqual({
      poolId: POOL,
      bucketAt: new Date(T0 + BUCKET_MS),
      usdPerHour: 0.053333,
      source: 'interpolated',
      confidence: 0.85,
      other: null,
      fill: {
        method: 'linear',
        gapBuckets: 2,
        before: { at: new Date(T0), usdPerHour: 0.05 },
        after: { at: new Date(T0 + 3 * BUCKET_MS), usdPerHour: 0.06 },
        peers: [],
      },
    });
  });

  it('four between 0.0416 at 09:55 and 0.0420 at 10:20 are 0.0418, at 0.75', () => {
    const buckets = filled({ 0: 0.0416, 5: 0.042 });
    expect(buckets.map(({ usdPerHour }) => usdPerHour)).toEqual([0.0418, 0.0418, 0.0418, 0.0418]);
    expect(new Set(buckets.map(({ confidence }) => confidence))).toEqual(new Set([0.75]));
    expect(buckets[0]?.fill?.method).toBe('weighted-average');
  });

  it('a long gap follows the median relative change of its peers, at 0.70', () => {
    const seven = filled(
      { 0: 0.04, 8: 0.05 },
      {
        // At bucket 3: +50 %, +10 %, unchanged; at bucket 5 only two of them are known.
        b: { 0: 1, 3: 1.5, 5: 1.5 },
        c: { 0: 2, 3: 2.2, 5: 2.2 },
        d: { 0: 3, 3: 3 },
        e: { 3: 9 },
      },
    );
    expect(
      seven.map(({ bucketAt, usdPerHour }) => [(bucketAt.getTime() - T0) / BUCKET_MS, usdPerHour]),
    ).toEqual([
      [3, 0.044],
      [5, 0.052],
    ]);
    expect(seven.map(({ confidence }) => confidence)).toEqual([0.7, 0.7]);
    expect(seven.map(({ fill }) => fill?.peers)).toEqual([
      ['b', 'c', 'd'],
      ['b', 'c'],
    ]);
  });

  it('a long gap without peers stays empty', () => {
    expect(filled({ 0: 0.04, 8: 0.04 })).toEqual([]);
  });

  it('fills 48 missing buckets and leaves 49 empty', () => {
    const peer = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [index, 1]));
    expect(filled({ 0: 0.04, 49: 0.04 }, { peer })).toHaveLength(48);
    expect(filled({ 0: 0.04, 50: 0.04 }, { peer })).toEqual([]);
  });

  it('extrapolates at neither end', () => {
    expect(filled({ 3: 0.04 }, { peer: { 0: 1, 1: 1, 2: 1, 3: 1, 4: 1 } })).toEqual([]);
    expect(gapsOf(measured({}))).toEqual([]);
  });

  it.each([
    [1, 'linear'],
    [2, 'linear'],
    [3, 'weighted-average'],
    [6, 'weighted-average'],
    [7, 'cross-pool'],
    [48, 'cross-pool'],
    [49, null],
  ] as const)('%d missing buckets: %s', (buckets, method) => {
    expect(methodFor({ beforeMs: 0, afterMs: (buckets + 1) * BUCKET_MS, buckets })).toBe(method);
  });
});
