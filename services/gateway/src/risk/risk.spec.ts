import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PoolCatalogue, PoolRisk } from '@spotopt/contracts';
import type { PoolRiskView, RpcRequest } from '@spotopt/contracts';
import { ManualClock } from '@spotopt/testkit';
import { GatewayHarness } from '../gateway-harness.contract.js';
import { poolFacts } from '../prices/market.contract.js';
import { poolRisk } from './pool-risk.contract.js';

const NOW = '2026-11-21T12:00:00.000Z';
const A = 't3.medium.us-east-1a';
const B = 't3.medium.us-east-1b';

let gateway: GatewayHarness;
let acme: { id: string; token: string };
let stopRisk: () => Promise<void>;
const requests: RpcRequest<typeof PoolRisk>[] = [];

const past: PoolRiskView['history'] = [{ ...poolRisk(A, 0.3), cause: 'interruption' }];
const known = [poolRisk(B, 0.75), poolRisk(A, 0.251, { history: past })];

beforeAll(async () => {
  gateway = await GatewayHarness.start({ clock: new ManualClock(new Date(NOW)) });
  acme = await gateway.createClient('acme');
  stopRisk = await gateway.answer(PoolRisk, (request) => {
    requests.push(request);
    const { poolIds, label = null } = request;
    const pools = known.filter(
      (risk) =>
        (poolIds === null || poolIds.includes(risk.poolId)) && (label === null || risk.label === label),
    );
    return { pools };
  });
  await gateway.answer(PoolCatalogue, () => ({ pools: [poolFacts(A, 0.02), poolFacts(B, 0.01)] }));
});

afterAll(() => gateway.stop());

describe('the risk of pools', () => {
  it('is shown with its parts to every tenant', async () => {
    const { status, body } = await gateway.call('GET', `/api/pools/${A}/risk`, { token: acme.token });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ...{ pool_id: A, region: 'us-east-1', az: 'us-east-1a', instance_type: 't3.medium' },
      ...{ risk_score: 0.251, risk_percent: 25.1, label: 'safe', confidence: 0.6, loss_per_hour: null },
      components: { interruptions: 0.1, volatility: 0.2, age: 0.25, trend: 1 },
    });
    expect(requests.at(-1)).toMatchObject({ poolIds: [A], history: null });
  });

  it('comes with its past when asked', async () => {
    const { body } = await gateway.call('GET', `/api/pools/${A}/risk?history_hours=48`);
    expect(body).toMatchObject({ history: [{ risk_score: 0.3, cause: 'interruption' }] });
    expect(requests.at(-1)?.history).toEqual({ from: '2026-11-19T12:00:00.000Z', to: NOW });
    const wrong = await gateway.call('GET', `/api/pools/${A}/risk?history_hours=2161`);
    expect(wrong).toMatchObject({ status: 400, body: { errors: [{ field: 'history_hours' }] } });
  });

  it.each(['m5.large.us-east-1a', 'not a pool'])('is not known of %s', async (poolId) => {
    const { status } = await gateway.call('GET', `/api/pools/${encodeURIComponent(poolId)}/risk`);
    expect(status).toBe(404);
  });

  it('is a table for the administrator, the riskiest first', async () => {
    const path = '/api/admin/pools/risk';
    const { body } = await gateway.call('GET', `${path}?region=us-east-1&instance_type=t3.medium`);
    expect(body).toMatchObject({
      pools: [{ pool_id: B, label: 'avoid' }, { pool_id: A }],
      labels: { safe: 1, caution: 0, avoid: 1 },
      total: 2,
    });
    expect(requests.at(-1)).toMatchObject({ region: 'us-east-1', instanceType: 't3.medium', label: null });
    expect((await gateway.call('GET', `${path}?label=avoid`)).body).toMatchObject({ total: 1 });
    expect((await gateway.call('GET', `${path}?label=bad`)).status).toBe(400);
    expect((await gateway.call('GET', path, { token: acme.token })).status).toBe(403);
  });

  it('stands beside the prices of pools, and is empty there when its owner is away', async () => {
    const read = async () => (await gateway.call('GET', '/api/pools')).body;
    expect(await read()).toMatchObject({
      pools: [
        { pool_id: B, risk_score: 0.75, risk_label: 'avoid' },
        { pool_id: A, risk_score: 0.251, risk_label: 'safe' },
      ],
    });
    await stopRisk();
    expect(await read()).toMatchObject({ pools: [{ pool_id: B, risk_score: null, risk_label: null }, {}] });
    expect((await gateway.call('GET', `/api/pools/${A}/risk`)).status).toBe(503);
  });
});
