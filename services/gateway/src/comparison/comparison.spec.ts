import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type AdviceView,
  CompareEngines,
  type EngineComparison,
  GetDecision,
  ListAdvice,
} from '@spotopt/contracts';
import { AppError } from '@spotopt/kernel';
import { GatewayHarness } from '../gateway-harness.contract.js';
import { comparisonSvg } from './comparison-chart.js';

const A = 't3.medium.us-east-1a';
const B = 't3.medium.us-east-1b';
const engineOf = (name: string) => ({
  engineId: `builtin:${name}`,
  kind: 'builtin',
  name,
  version: '1',
  sha256: null,
});

const row = (name: string, change: Partial<EngineComparison> = {}): EngineComparison => ({
  engine: engineOf(name),
  champion: false,
  decisions: 672,
  decided: 0,
  compared: 600,
  unknown: 2,
  pending: 70,
  estimated: 0,
  failures: 0,
  timeouts: 0,
  agreement: 0.75,
  expectedUsdPerHour: 0.0131,
  realisedUsdPerHour: 0.0162,
  regretUsdPerHour: 0.004,
  losses: 12,
  downtimeSeconds: 2160,
  comparedHours: 14_400,
  elapsedMs: { p50: 0.2, p99: 1.1 },
  verdict: {
    conclusion: 'worse',
    betterPercent: -14.1,
    lowPercent: -20,
    highPercent: -8,
    pairs: 600,
    marketDays: 14,
    text: '14.1 % dearer than the champion (95 %: 8.0 to 20.0 %) over 600 decisions on 14 market-days',
  },
  ...change,
});
const CHAMPION = row('hazard', { champion: true, decided: 672, realisedUsdPerHour: 0.0142, verdict: null });
const ROWS = [
  CHAMPION,
  row('seed-rule'),
  row('mine <b>', { expectedUsdPerHour: null, realisedUsdPerHour: null, compared: 0, failures: 672 }),
];

const advice = (clientId: string): AdviceView => ({
  decisionId: 'decision-1',
  agentId: 'agent-1',
  clientId,
  decidedAt: '2026-11-20T12:00:00.000Z',
  engine: engineOf('hazard'),
  role: 'decided',
  elapsedMs: 0.4,
  current: { mode: 'ondemand', poolId: A },
  advised: {
    action: 'switch_to_spot',
    target: { mode: 'spot', poolId: B },
    standby: null,
    expectedUsdPerHour: 0.0131,
    expectedSavingUsdPerHour: 0.0285,
  },
  failure: null,
  horizonEndsAt: '2026-11-21T12:00:00.000Z',
  evaluatedAt: '2026-11-21T12:15:00.000Z',
  outcome: {
    cost: {
      machineUsd: 0.3,
      standbyUsd: 0,
      doubleRunUsd: 0.001,
      transferUsd: 0,
      downtimeUsd: 0.01,
      downtimeSeconds: 10,
      losses: 0,
      lostAt: null,
      totalUsd: 0.311,
      usdPerHour: 0.012958,
      estimated: false,
    },
    hindsight: { target: { mode: 'spot', poolId: B }, standby: null, usdPerHour: 0.012958 },
    regretUsdPerHour: 0,
    happened: { machineUsdPerHour: 0.0125, changesOfPrimary: 1 },
  },
});

describe('engines compared over HTTP', () => {
  let gateway: GatewayHarness;
  let client: { id: string; token: string };
  const asked: unknown[] = [];

  beforeAll(async () => {
    gateway = await GatewayHarness.start();
    client = await gateway.createClient('acme');
    await gateway.answer(CompareEngines, (request) => {
      asked.push(request);
      return { champion: CHAMPION.engine, engines: ROWS, decisions: 672, truncated: false };
    });
    await gateway.answer(ListAdvice, ({ clientId, decisionId }) => {
      if (decisionId !== 'decision-1' || (clientId !== null && clientId !== client.id)) return { advice: [] };
      const decided = advice(client.id);
      const open = { outcome: null, evaluatedAt: null, role: 'shadow' as const };
      return {
        advice: [
          decided,
          { ...decided, ...open, engine: engineOf('seed-rule') },
          { ...decided, ...open, advised: null, failure: { code: 'engine-timeout', message: 'late' } },
          { ...decided, role: 'shadow' as const, outcome: { unknown: 'price-unknown', poolId: B } },
        ],
      };
    });
    await gateway.answer(GetDecision, ({ decisionId }) => {
      throw AppError.permanent('decision-not-found', `no decision ${decisionId}`);
    });
  });
  afterAll(() => gateway.stop());

  it('are a table for the administrator, of the last week unless told otherwise', async () => {
    const path = '/api/admin/engines/comparison';
    const { status, body } = await gateway.call('GET', path);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      champion: { engine_id: 'builtin:hazard' },
      engines: [
        { champion: true, verdict: null, agreement_percent: 75, realised_usd_per_hour: 0.0142 },
        { champion: false, verdict: { conclusion: 'worse', better_percent: -14.1, market_days: 14 } },
        { realised_usd_per_hour: null, failures: 672 },
      ],
      decisions: 672,
    });
    expect(Date.parse(String(body['to'])) - Date.parse(String(body['from']))).toBe(7 * 86_400_000);
    const window = 'from=2026-11-01T00:00:00Z&to=2026-11-02T00:00:00Z';
    await gateway.call('GET', `${path}?${window}&client_id=c-1&agent_id=a-1`);
    expect(asked.at(-1)).toEqual({
      clientId: 'c-1',
      agentId: 'a-1',
      from: '2026-11-01T00:00:00.000Z',
      to: '2026-11-02T00:00:00.000Z',
    });
  });

  it('are not shown to a tenant, nor for a window that ends before it begins', async () => {
    const path = '/api/admin/engines/comparison';
    const forTenant = await gateway.call('GET', path, { token: client.token });
    const reversed = await gateway.call('GET', `${path}?from=2026-11-02T00:00:00Z&to=2026-11-01T00:00:00Z`);
    expect([forTenant.status, reversed.status]).toEqual([403, 400]);
  });

  it('are a picture as well', async () => {
    const answer = await gateway.call('GET', '/api/admin/engines/comparison.svg');
    expect(answer.status).toBe(200);
    expect(answer.text).toMatch(/^<svg .*672 decisions from .*<\/svg>$/s);
  });

  it('say what became of each advice at a decision', async () => {
    const { body } = await gateway.call('GET', '/api/decisions/decision-1/advice', { token: client.token });
    expect(body).toMatchObject({
      decision_id: 'decision-1',
      total: 4,
      advice: [
        {
          status: 'known',
          target: { mode: 'spot', pool_id: B },
          cost: { usd_per_hour: 0.012958, downtime_seconds: 10 },
          hindsight: { target: { pool_id: B } },
          happened: { changes_of_primary: 1 },
        },
        { status: 'open', cost: null },
        { status: 'failed', action: null, failure: { code: 'engine-timeout' } },
        { status: 'unknown', unknown_because: { reason: 'price-unknown', pool_id: B } },
      ],
    });
    const missing = await gateway.call('GET', '/api/decisions/decision-9/advice', { token: client.token });
    const other = await gateway.createClient('other');
    const foreign = await gateway.call('GET', '/api/decisions/decision-1/advice', { token: other.token });
    expect([missing.status, foreign.status]).toEqual([404, 404]);
  });
});

describe('the picture of champion and challengers', () => {
  it('has a bar for everything that is known, to scale, and text for the rest', () => {
    const svg = comparisonSvg(ROWS, 'USD per hour');
    const widths = [...svg.matchAll(/class="(\w+)" x="200" y="[\d.]+" width="([\d.]+)"/g)].map(
      ([, kind, width]) => [kind, Number(width)],
    );
    expect(widths).toEqual([
      ['expected', expect.closeTo((664 * 0.0131) / 0.0162, 0)],
      ['realised', expect.closeTo((664 * 0.0142) / 0.0162, 0)],
      ['expected', expect.closeTo((664 * 0.0131) / 0.0162, 0)],
      ['realised', 664],
    ]);
    expect(svg.match(/not known/g)).toHaveLength(2);
    expect(svg).toContain('mine &lt;b&gt; 1');
    expect(svg).not.toContain('<b>');
  });

  it('says so when there is nothing, or too much', () => {
    expect(comparisonSvg([], 'none')).toContain('no decision in this window');
    const many = Array.from({ length: 15 }, (_, index) => row(`engine-${String(index)}`));
    expect(comparisonSvg(many, 'many')).toContain('and 3 more');
  });
});
