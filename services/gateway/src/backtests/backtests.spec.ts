import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  BacktestChart,
  type BacktestResult,
  type BacktestView,
  CancelBacktest,
  GetBacktest,
  ListBacktests,
  MAX_IMPORTED_CHARACTERS,
  type RpcRequest,
  StartBacktest,
} from '@spotopt/contracts';
import { AppError } from '@spotopt/kernel';
import { GatewayHarness, type HttpAnswer } from '../gateway-harness.contract.js';

const FIGURES = {
  ...{ costUsd: 10, costRatio: 0.4, availability: 0.9999, downtimeSeconds: 30 },
  ...{ switches: 3, interruptions: 1, survived: 1, score: 0.41 },
};

const RESULT: BacktestResult = {
  source: 'stored',
  from: '2026-11-20T00:00:00.000Z',
  to: '2026-11-21T00:00:00.000Z',
  stepSeconds: 300,
  steps: 288,
  poolIds: ['m5.large.us-east-1a'],
  onDemand: { instanceType: 'm5.large', usdPerHour: 0.096, costUsd: 25 },
  downtimeUsdPerMinute: 0.16,
  times: ['2026-11-20T00:00:00.000Z', '2026-11-21T00:00:00.000Z'],
  optimum: { figures: { ...FIGURES, score: 0.3 }, costUsd: [0, 8] },
  rows: [
    {
      ...{ engine: 'seed-rule', role: 'live', played: { figures: FIGURES, costUsd: [0, 10] }, error: null },
      ...{ faults: 0, scoreToLive: 0, scoreToOptimum: 0.11 },
      marks: [{ at: '2026-11-20T06:00:00.000Z', kind: 'switch' }],
    },
    {
      ...{ engine: 'mine', role: 'challenger', played: null, error: 'given up', faults: 20 },
      ...{ scoreToLive: null, scoreToOptimum: null, marks: [] },
    },
  ],
  notes: ['prices begin late'],
};

let gateway: GatewayHarness;
let acme: { id: string; token: string };
const started: RpcRequest<typeof StartBacktest>[] = [];

function viewOf(clientId: string | null, request: BacktestView['request']): BacktestView {
  return {
    ...{ backtestId: 'backtest-1', clientId, state: 'running', progress: 0.25, request, imported: false },
    ...{ createdAt: RESULT.to, startedAt: RESULT.to, finishedAt: null, error: null },
  };
}

const REQUEST: BacktestView['request'] = {
  ...{ engines: ['greedy'], region: null, instanceType: 'm5.large' },
  ...{ from: null, to: null, days: null, poolIds: null },
  ...{ downtimeUsdPerMinute: null, onDemandUsdPerHour: null, stepSeconds: 300 },
};

const isSeenBy = (clientId: string | null, backtestId = 'backtest-1'): boolean =>
  backtestId !== 'missing' && (clientId === null || clientId === acme.id);

beforeAll(async () => {
  gateway = await GatewayHarness.start();
  acme = await gateway.createClient('acme');
  await gateway.answer(StartBacktest, (request) => {
    started.push(request);
    if (!request.request.engines.includes('nobody')) {
      return { backtest: viewOf(request.clientId, request.request) };
    }
    throw AppError.permanent('invalid-request', 'engines: there is no engine nobody', {
      details: { errors: [{ field: 'engines', message: 'there is no engine nobody' }] },
    });
  });
  await gateway.answer(GetBacktest, ({ clientId, backtestId }) => {
    const view = { ...viewOf(acme.id, REQUEST), state: 'completed' as const, progress: 1 };
    return { backtest: isSeenBy(clientId, backtestId) ? { ...view, result: RESULT } : null };
  });
  await gateway.answer(ListBacktests, ({ clientId }) => {
    const backtests = isSeenBy(clientId) ? [viewOf(acme.id, REQUEST)] : [];
    return { backtests, total: backtests.length };
  });
  await gateway.answer(CancelBacktest, ({ clientId, backtestId }) => {
    const view = { ...viewOf(acme.id, REQUEST), state: 'cancelled' as const };
    return { backtest: isSeenBy(clientId, backtestId) ? view : null };
  });
  await gateway.answer(BacktestChart, ({ clientId, backtestId }) => ({
    found: isSeenBy(clientId, backtestId),
    svg: backtestId === 'backtest-1' ? '<svg/>' : null,
  }));
});

afterAll(() => gateway.stop());

beforeEach(() => {
  started.length = 0;
});

const start = (body: unknown, token?: string): Promise<HttpAnswer> =>
  gateway.call('POST', '/api/backtests', { body, ...(token === undefined ? {} : { token }) });

const IMPORT = '/api/backtests/import?engines=greedy,seed-rule&instance_type=m5.large';
const CSV = 'timestamp,instance_type,az,spot_price\n2026-11-20T00:00:00Z,m5.large,us-east-1a,0.03\n';

function upload(
  rawBody: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
  at = IMPORT,
) {
  return gateway.call('POST', at, { rawBody, headers: { 'content-type': 'text/csv', ...headers } });
}

describe('starting a backtest', () => {
  it('hands on what was asked for, with what is usual for the rest', async () => {
    const { status, body } = await start({ engines: ['greedy'], instance_type: 'm5.large', region: null });
    expect(status).toBe(202);
    expect(body).toMatchObject({ id: 'backtest-1', state: 'running', progress: 0.25, engines: ['greedy'] });
    expect(started).toEqual([{ clientId: null, prices: null, request: REQUEST }]);
    await start(
      {
        ...{
          engines: ['greedy'],
          instance_type: 'm5.large',
          region: 'us-east-1',
          step_seconds: 600,
          days: 30,
        },
        ...{ from: '2026-08-21 00:00:00', to: '2026-11-20T00:00:00Z', pools: ['m5.large.us-east-1a'] },
        ...{ downtime_usd_per_minute: 2.5, on_demand_usd_per_hour: 0.1 },
      },
      acme.token,
    );
    expect(started[1]).toEqual({
      clientId: acme.id,
      prices: null,
      request: {
        ...{ engines: ['greedy'], instanceType: 'm5.large', region: 'us-east-1', stepSeconds: 600, days: 30 },
        ...{ from: '2026-08-21T00:00:00.000Z', to: '2026-11-20T00:00:00.000Z' },
        ...{ poolIds: ['m5.large.us-east-1a'], downtimeUsdPerMinute: 2.5, onDemandUsdPerHour: 0.1 },
      },
    });
  });

  it.each([
    ['no engine', { engines: [], instance_type: 'm5.large' }, 'engines'],
    ['no type', { engines: ['greedy'] }, 'instance_type'],
    ['an engine that there is not', { engines: ['nobody'], instance_type: 'm5.large' }, 'engines'],
    [
      'steps shorter than a launch',
      { engines: ['a'], instance_type: 'm5.large', step_seconds: 60 },
      'step_seconds',
    ],
    ['a time that is none', { engines: ['a'], instance_type: 'm5.large', from: 'yesterday' }, 'from'],
  ])('refuses %s and names the field', async (_name, body, field) => {
    const answer = await start(body);
    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toEqual([
      expect.objectContaining({ field: expect.stringContaining(field) }),
    ]);
  });

  it('takes a price file along, packed or not', async () => {
    expect((await upload(CSV)).status).toBe(202);
    expect((await upload(gzipSync(CSV), { 'content-encoding': 'gzip' })).status).toBe(202);
    const both = `${IMPORT}&on_demand_usd_per_hour=0.096&step_seconds=300`;
    expect((await upload(CSV, { 'content-type': 'text/plain' }, both)).status).toBe(202);
    expect(started.map(({ prices }) => prices)).toEqual([CSV, CSV, CSV]);
    expect(started[2]?.request).toMatchObject({
      engines: ['greedy', 'seed-rule'],
      onDemandUsdPerHour: 0.096,
    });
  });

  it('refuses a file that is too long, broken, empty or something else', async () => {
    const long = await upload('x'.repeat(MAX_IMPORTED_CHARACTERS + 1));
    expect([long.status, long.body['error']]).toEqual([413, expect.stringContaining('at most 4 MB')]);
    const bomb = gzipSync(Buffer.alloc(40_000_000));
    expect((await upload(bomb, { 'content-encoding': 'gzip' })).status).toBe(413);
    const broken = await upload('not packed', { 'content-encoding': 'gzip' });
    expect([broken.status, broken.body['error']]).toEqual([400, 'content-encoding: the body is not gzip']);
    expect((await upload('', { 'content-type': 'text/csv' })).status).toBe(400);
    const json = await upload('{}', { 'content-type': 'application/json' });
    expect([json.status, json.body['error']]).toEqual([
      400,
      expect.stringContaining('text/csv or text/plain'),
    ]);
    expect(started).toEqual([]);
  });
});

describe('a backtest', () => {
  it('has a table with the live engine, its challengers and the best plan', async () => {
    const { status, body } = await gateway.call('GET', '/api/backtests/backtest-1');
    expect(status).toBe(200);
    expect(body).toMatchObject({ id: 'backtest-1', state: 'completed', progress: 1, message: null });
    const result = body['result'] as Record<string, unknown>;
    expect(result).toMatchObject({
      source: 'stored',
      pools: ['m5.large.us-east-1a'],
      cost_usd: { 'seed-rule': [0, 10], optimum: [0, 8] },
      marks: { 'seed-rule': [{ at: '2026-11-20T06:00:00.000Z', kind: 'switch' }], mine: [] },
      notes: ['prices begin late'],
    });
    expect(result['table']).toMatchObject([
      { engine: 'seed-rule', role: 'live', cost_usd: 10, score: 0.41, score_to_live: 0, switches: 3 },
      { engine: 'mine', role: 'challenger', cost_usd: null, score: null, faults: 20, message: 'given up' },
      { engine: 'optimum', role: 'optimum', score: 0.3, score_to_optimum: 0 },
    ]);
  });

  it('is a picture', async () => {
    const { status, headers, text } = await gateway.call('GET', '/api/backtests/backtest-1/chart.svg');
    expect([status, text]).toEqual([200, '<svg/>']);
    expect(headers.get('content-type')).toBe('image/svg+xml; charset=utf-8');
    const early = await gateway.call('GET', '/api/backtests/backtest-2/chart.svg');
    expect([early.status, early.body['code']]).toEqual([409, 'backtest-not-completed']);
  });

  it('is listed and can be cancelled', async () => {
    const { body } = await gateway.call('GET', '/api/backtests?limit=10', { token: acme.token });
    expect(body).toMatchObject({ total: 1, backtests: [{ id: 'backtest-1', instance_type: 'm5.large' }] });
    const cancelled = await gateway.call('DELETE', '/api/backtests/backtest-1', { token: acme.token });
    expect([cancelled.status, cancelled.body['state']]).toEqual([200, 'cancelled']);
  });

  it('that belongs to somebody else looks like one that is missing', async () => {
    const other = await gateway.createClient('other');
    const foreign = { token: other.token };
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/chart.svg'],
      ['DELETE', ''],
    ] as const) {
      const missing = await gateway.call(method, `/api/backtests/missing${path}`);
      const hidden = await gateway.call(method, `/api/backtests/backtest-1${path}`, foreign);
      expect([hidden.status, hidden.body]).toEqual([404, missing.body]);
      expect((await gateway.call(method, `/api/backtests/backtest-1${path}`, { token: null })).status).toBe(
        401,
      );
    }
  });
});
