import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { FleetSummary, ListSwitches, PriceChanges, SavingsReport, SavingsTotals } from '@spotopt/contracts';
import type { RpcRequest, RpcResponse } from '@spotopt/contracts';
import { AppError } from '@spotopt/kernel';
import { ManualClock } from '@spotopt/testkit';
import { parse } from 'csv-parse/sync';
import { GatewayHarness } from '../gateway-harness.contract.js';
import type { HttpAnswer } from '../gateway-harness.contract.js';
import { NO_FLEET } from '../overview/get-stats.js';
import { savingsPeriod } from '../savings/ledger.contract.js';
import { csvLines } from './csv.js';

const NOW = '2026-11-21T12:00:00.000Z';
const A = 't3.medium.us-east-1a';
const B = 't3.medium.us-east-1b';

type Page = RpcResponse<typeof PriceChanges>;
type Change = Page['changes'][number];

let gateway: GatewayHarness;
let acme: { id: string; token: string };
let pages: Page['changes'][];
let failingPage: number | null;
const requests: RpcRequest<typeof PriceChanges>[] = [];

beforeAll(async () => {
  gateway = await GatewayHarness.start({ clock: new ManualClock(new Date(NOW)) });
  acme = await gateway.createClient('=HYPERLINK("http://x")');
  await gateway.answer(PriceChanges, (request) => {
    requests.push(request);
    const index = Number(request.cursor ?? '0');
    if (index === failingPage) throw AppError.transient('database-away', 'try again');
    return { changes: pages[index] ?? [], nextCursor: index + 1 < pages.length ? String(index + 1) : null };
  });
  await gateway.answer(SavingsReport, () => ({
    periods: [savingsPeriod('2026-10', { savingsUsd: -0.5 }), savingsPeriod('2026-11')],
    total: savingsPeriod('all'),
    projection: null,
    trend: 'unknown' as const,
  }));
  await gateway.answer(ListSwitches, ({ limit = 100, offset = 0 }) => ({
    switches: Array.from({ length: 700 }, (_, index) => switchView(index)).slice(offset, offset + limit),
    total: 700,
  }));
});

afterAll(() => gateway.stop());

beforeEach(() => {
  failingPage = null;
  requests.length = 0;
  pages = [
    [change(A, '2026-11-20T12:00:00.000Z', 0.0125)],
    [],
    [change(B, NOW, 0.01, 'interpolated'), change(B, NOW, 0.009)],
  ];
});

function change(
  poolId: string,
  at: string,
  usdPerHour: number,
  source: Change['source'] = 'primary-report',
): Change {
  return { poolId, at, usdPerHour, source, confidence: source === 'interpolated' ? 0.85 : 1 };
}

function switchView(index: number): RpcResponse<typeof ListSwitches>['switches'][number] {
  return {
    ...{ switchId: `s${String(index)}`, agentId: 'w', clientId: acme.id, trigger: 'model', reason: '' },
    ...{
      status: 'finished',
      step: 'finish',
      fromMode: 'ondemand',
      fromPoolId: A,
      fromEc2InstanceId: 'i-0old12345',
    },
    ...{
      toMode: 'spot',
      toPoolId: B,
      toEc2InstanceId: null,
      startedAt: NOW,
      finishedAt: NOW,
      downtimeMs: null,
    },
    ...{ newUsdPerHour: 0.01, savingsUsdPerHour: -0.002 },
  };
}

async function get(path: string, token: string = acme.token): Promise<HttpAnswer> {
  return gateway.call('GET', path, { token });
}

function rows(text: string): string[][] {
  return parse(text);
}

describe('prices', () => {
  it('leave as CSV, page after page', async () => {
    const { status, headers, text } = await get(
      '/api/export/prices?region=us-east-1&instance_type=t3.medium',
    );
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(headers.get('content-disposition')).toBe('attachment; filename="spot-prices.csv"');
    expect(text).toBe(
      'timestamp,instance_type,az,spot_price,source,confidence\n' +
        '2026-11-20T12:00:00.000Z,t3.medium,us-east-1a,0.012500,primary-report,1\n' +
        `${NOW},t3.medium,us-east-1b,0.010000,interpolated,0.85\n` +
        `${NOW},t3.medium,us-east-1b,0.009000,primary-report,1\n`,
    );
    expect(requests.map(({ cursor }) => cursor)).toEqual([null, '1', '2']);
    expect(requests[0]).toMatchObject({
      region: 'us-east-1',
      instanceType: 't3.medium',
      poolId: null,
      from: '2026-11-20T12:00:00.000Z',
      to: NOW,
    });
  });

  it('leave in the form of the AWS command line, without what was only computed', async () => {
    const { headers, text } = await get(`/api/export/prices?format=aws-json&pool_id=${A}`);
    expect(headers.get('content-type')).toContain('application/json');
    expect(JSON.parse(text)).toEqual({
      SpotPriceHistory: [
        {
          AvailabilityZone: 'us-east-1a',
          InstanceType: 't3.medium',
          ProductDescription: 'Linux/UNIX',
          SpotPrice: '0.012500',
          Timestamp: '2026-11-20T12:00:00+00:00',
        },
        expect.objectContaining({ AvailabilityZone: 'us-east-1b', SpotPrice: '0.009000' }),
      ],
    });
    pages = [[]];
    expect(JSON.parse((await get('/api/export/prices?format=aws-json')).text)).toEqual({
      SpotPriceHistory: [],
    });
  });

  it('of many pages are not gathered before they leave', async () => {
    const page = Array.from({ length: 5_000 }, () => change(A, NOW, 0.01));
    pages = Array.from({ length: 40 }, () => page);
    const response = await fetch(`${gateway.url}/api/export/prices`, {
      headers: { authorization: `Bearer ${acme.token}` },
    });
    const reader = response.body?.getReader();
    await reader?.read();
    expect(requests.length).toBeLessThan(40);
    let bytes = 0;
    for (;;) {
      const piece = await reader?.read();
      if (piece?.value === undefined) break;
      bytes += (piece.value as Uint8Array).length;
    }
    expect(requests).toHaveLength(40);
    expect(bytes).toBeGreaterThan(40 * 5_000 * 60);
  });

  it('are an error when they cannot be read, and a torn answer when that happens on the way', async () => {
    failingPage = 0;
    expect((await get('/api/export/prices')).status).toBe(503);
    failingPage = 2;
    await expect(get('/api/export/prices')).rejects.toThrow();
  });

  it.each([
    ['format=xml', 'format'],
    ['pool_id=x', 'pool_id'],
    ['from=yesterday', 'from'],
    ['from=2026-01-01T00:00:00Z', 'from'],
  ])('refuse %s by name', async (query, field) => {
    const answer = await get(`/api/export/prices?${query}`);
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field }] } });
  });
});

describe('tables of a tenant', () => {
  it('are its savings by month', async () => {
    const { headers, text } = await get(`/api/client/${acme.id}/export/savings`);
    expect(headers.get('content-disposition')).toContain('savings.csv');
    expect(rows(text)).toEqual([
      ['Year', 'Month', 'Month Name', 'On-Demand Cost ($)', 'Actual Cost ($)', 'Savings ($)'],
      ['2026', '10', 'Oct', '10', '4', '-0.5'],
      ['2026', '11', 'Nov', '10', '4', '6'],
    ]);
  });

  it('are all its switches', async () => {
    const table = rows((await get(`/api/client/${acme.id}/export/switch-history`)).text);
    expect(table).toHaveLength(701);
    expect(table[0]).toEqual([
      'Timestamp',
      'Old Instance ID',
      'New Instance ID',
      'From Mode',
      'To Mode',
      'From Pool',
      'To Pool',
      'Trigger',
      'Price ($)',
      'Savings Impact ($/hr)',
    ]);
    expect(table[700]).toEqual([NOW, 'i-0old12345', '', 'ondemand', 'spot', A, B, 'model', '0.01', '-0.002']);
  });

  it('are one line per tenant for the administrator, in which no name is a formula', async () => {
    const path = '/api/admin/export/global-stats';
    expect((await gateway.call('GET', path)).status).toBe(503);
    const stops = [
      await gateway.answer(FleetSummary, () => ({ ...NO_FLEET, instancesRunning: 3, agentsOnline: 2 })),
      await gateway.answer(SavingsTotals, () => ({
        clients: [
          {
            ...{ clientId: acme.id, savingsUsdTotal: -1.25, savingsUsdThisMonth: 0, onDemandUsdThisMonth: 0 },
            ...{ actualUsdThisMonth: 0, estimatedSavingsUsdTotal: 0 },
          },
        ],
      })),
    ];
    const { text } = await gateway.call('GET', path);
    expect(rows(text)).toEqual([
      ['Client ID', 'Name', 'Email', 'Total Savings ($)', 'Active Instances', 'Active Agents', 'Created At'],
      [acme.id, `'=HYPERLINK("http://x")`, '', '-1.25', '3', '2', NOW],
    ]);
    expect((await get(path)).status).toBe(403);
    await Promise.all(stops.map((stop) => stop()));
  });
});

describe('csvLines', () => {
  it.each(['=1+1', '+1', '-1', '@x', '\tx', '\rx'])('makes the text %j no formula', (text) => {
    expect(rows(csvLines([[text]]))).toEqual([[`'${text}`]]);
  });

  it('quotes what needs it and leaves numbers alone', () => {
    expect(csvLines([['a,b', 'c"d', 'e\nf', -1.5, null]])).toBe('"a,b","c""d","e\nf",-1.5,\n');
    expect(csvLines([])).toBe('');
  });
});
