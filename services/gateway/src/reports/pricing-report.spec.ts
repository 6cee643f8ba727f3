import { describe, expect, it } from '@jest/globals';
import { PricingReportedV1 } from '@spotopt/contracts';
import type { ResolvedAgent } from '@spotopt/contracts';
import { PricingReportRoute } from '@spotopt/contracts/http';
import fc from 'fast-check';
import { normalisePricingReport } from './pricing-report.js';

const AGENT: ResolvedAgent = {
  agentKey: 'key-1',
  agentId: 'workload-1',
  clientId: 'client-1',
  logicalAgentId: 'web',
  ec2InstanceId: 'i-0abc1234',
  role: 'PRIMARY',
  enabled: true,
  epoch: 1,
  commandTypes: ['switch'],
};
const RECEIVED_AT = '2026-11-21T12:00:00.000Z';
const POOL_A = 't3.medium.us-east-1a';
const POOL_B = 't3.medium.us-east-1b';

function normalise(body: unknown): ReturnType<typeof normalisePricingReport> {
  return normalisePricingReport({
    reportId: 'report-1',
    agent: AGENT,
    body: PricingReportRoute.body.parse(body),
    receivedAt: RECEIVED_AT,
  });
}

function pricesOf(body: unknown): Record<string, number> {
  return Object.fromEntries(
    normalise(body).prices.map(({ poolId, spotUsdPerHour }) => [poolId, spotUsdPerHour]),
  );
}

describe('normalisePricingReport', () => {
  it('reads shape a of the deployed agents', () => {
    const report = normalise({
      instance: {
        instance_id: 'i-0aaa1111',
        instance_type: 't3.medium',
        region: 'us-east-1',
        az: null,
        mode: 'spot',
        pool_id: POOL_A,
      },
      pricing: {
        on_demand_price: 0.0416,
        current_spot_price: 0.0125,
        cheapest_pool: { pool_id: POOL_B, price: 0.0119 },
        spot_pools: [
          { pool_id: POOL_A, instance_type: 't3.medium', az: 'us-east-1a', price: 0.0125 },
          { pool_id: POOL_B, instance_type: 't3.medium', az: 'us-east-1b', price: 0.0119 },
        ],
        collected_at: '2026-11-21T11:59:30.123456',
      },
    });
    expect(report).toMatchObject({
      agentKey: 'key-1',
      agentId: 'workload-1',
      ec2InstanceId: 'i-0aaa1111',
      mode: 'spot',
      currentPoolId: POOL_A,
      onDemandUsdPerHour: 0.0416,
      observedAt: '2026-11-21T11:59:30.123Z',
      rejected: [],
    });
    expect(report.prices).toEqual([
      { poolId: POOL_A, spotUsdPerHour: 0.0125, observedAt: '2026-11-21T11:59:30.123Z' },
      { poolId: POOL_B, spotUsdPerHour: 0.0119, observedAt: '2026-11-21T11:59:30.123Z' },
    ]);
  });

  it('reads shape a in on-demand mode, where current and cheapest are null', () => {
    const report = normalise({
      instance: { instance_id: 'i-0aaa1111', instance_type: null, mode: 'on-demand', pool_id: null },
      pricing: { on_demand_price: 0.0416, current_spot_price: null, cheapest_pool: null, spot_pools: [] },
    });
    expect(report).toMatchObject({
      mode: 'ondemand',
      currentPoolId: null,
      prices: [],
      onDemandUsdPerHour: 0.0416,
    });
  });

  it('reads shape b, whose on-demand price is an object', () => {
    const report = normalise({
      instance: { instance_id: 'i-0aaa1111', current_mode: 'spot', current_pool_id: POOL_A },
      on_demand_price: { price: 0.05 },
      spot_pools: [{ pool_id: POOL_B, price: 0.01 }],
    });
    expect(report).toMatchObject({ mode: 'spot', currentPoolId: POOL_A, onDemandUsdPerHour: 0.05 });
    expect(report.prices).toEqual([{ poolId: POOL_B, spotUsdPerHour: 0.01, observedAt: RECEIVED_AT }]);
  });

  it('reads shape c of one pool', () => {
    const report = normalise({
      pool_id: POOL_A,
      spot_price: 0.03,
      timestamp: '2026-11-21T11:00:00+00:00',
      is_replica: true,
    });
    expect(report).toMatchObject({ ec2InstanceId: 'i-0abc1234', currentPoolId: POOL_A, mode: 'unknown' });
    expect(report.prices).toEqual([
      { poolId: POOL_A, spotUsdPerHour: 0.03, observedAt: '2026-11-21T11:00:00.000Z' },
    ]);
  });

  it('reads shape d', () => {
    expect(pricesOf({ pools: [{ id: POOL_A, price: 0.02 }], on_demand_price: 0.04 })).toEqual({
      [POOL_A]: 0.02,
    });
  });

  it('makes the pool id from type and zone when the reporter has none', () => {
    const spot_pools = [{ pool_id: null, instance_type: 'm5.large', az: 'eu-west-1b', price: 0.03 }];
    expect(pricesOf({ spot_pools })).toEqual({ 'm5.large.eu-west-1b': 0.03 });
  });

  it.each([
    [0, 'not-above-zero'],
    [-0.01, 'not-above-zero'],
    [100.0001, 'above-100-usd-per-hour'],
    [null, 'not-a-number'],
    ['0.02', 'not-a-number'],
    [{ price: 1 }, 'not-a-number'],
  ])('keeps the price %j for the audit and uses the others', (price, reason) => {
    const report = normalise({
      spot_pools: [
        { pool_id: POOL_A, price },
        { pool_id: POOL_B, price: 100 },
      ],
    });
    expect(report.rejected).toEqual([{ poolId: POOL_A, value: price, reason }]);
    expect(report.prices.map(({ poolId }) => poolId)).toEqual([POOL_B]);
  });

  it.each(['None.us-east-1a', 'us-east-1a', '', 'pool_456'])('rejects %j, which names no pool', (pool_id) => {
    expect(normalise({ spot_pools: [{ pool_id, price: 0.02 }] })).toMatchObject({
      prices: [],
      rejected: [{ value: 0.02, reason: 'not-a-pool-id' }],
    });
  });

  it.each([
    ['2026-11-21T10:00:00', '2026-11-21T10:00:00.000Z'],
    ['2026-11-21T10:00:00.5', '2026-11-21T10:00:00.500Z'],
    ['2026-11-21T10:00:00Z', '2026-11-21T10:00:00.000Z'],
    ['2026-11-21T10:00:00.123456+00:00', '2026-11-21T10:00:00.123Z'],
    ['2026-11-21T12:00:00+02:00', '2026-11-21T10:00:00.000Z'],
  ])('takes %s as UTC', (collected_at, expected) => {
    const body = { pricing: { spot_pools: [{ pool_id: POOL_A, price: 0.02 }], collected_at } };
    expect(normalise(body).prices[0]?.observedAt).toBe(expected);
  });

  it('refuses a body that is in no dialect, and one whose list is none', () => {
    expect(() => normalise({ hello: 1 })).toThrow(expect.objectContaining({ code: 'invalid-request' }));
    expect(PricingReportRoute.body.safeParse({ spot_pools: 'x' }).error?.issues[0]?.path).toEqual([
      'spot_pools',
    ]);
  });

  it('always makes what the contract allows', () => {
    const price = fc.oneof(fc.double(), fc.constant(null), fc.string(), fc.integer(), fc.constant({}));
    const pool = fc.record(
      { pool_id: fc.oneof(fc.constantFrom(POOL_A, POOL_B, 'x'), fc.string(), fc.constant(null)), price },
      { requiredKeys: [] },
    );
    const body = fc.record(
      {
        pricing: fc.record({ spot_pools: fc.array(pool), current_spot_price: price }, { requiredKeys: [] }),
        spot_pools: fc.array(pool),
        pools: fc.array(pool),
        pool_id: fc.oneof(fc.constant(POOL_A), fc.string()),
        spot_price: price,
      },
      { requiredKeys: ['spot_pools'] },
    );
    fc.assert(
      fc.property(body, (generated) => {
        const report = normalise(generated);
        const parsed = PricingReportedV1.data.safeParse(JSON.parse(JSON.stringify(report)));
        expect(parsed.error?.issues).toBeUndefined();
        for (const { spotUsdPerHour } of report.prices) {
          expect(spotUsdPerHour > 0 && spotUsdPerHour <= 100).toBe(true);
        }
      }),
      { seed: 20261121, numRuns: 500 },
    );
  });
});
