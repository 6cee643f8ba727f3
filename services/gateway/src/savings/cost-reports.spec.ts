import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ImportCosts } from '@spotopt/contracts';
import type { RpcRequest } from '@spotopt/contracts';
import { waitFor } from '@spotopt/testkit';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { GatewayHarness } from '../gateway-harness.contract.js';
import type { CallOptions, HttpAnswer } from '../gateway-harness.contract.js';
import { sumCostReport } from './sum-cost-report.js';

const CUR = 'cost-and-usage-report';
const FEED = 'spot-data-feed';
const MAX_BYTES = 2_000_000;

const CUR_HEADER =
  'lineItem/ResourceId,lineItem/UsageStartDate,lineItem/UsageEndDate,lineItem/UnblendedCost,lineItem/UsageType,lineItem/ProductCode,lineItem/UsageAmount';
const CUR_HEADER_2 =
  'line_item_product_code,line_item_resource_id,line_item_usage_start_date,line_item_usage_end_date,line_item_unblended_cost,line_item_usage_type';

let gateway: GatewayHarness;
let acme: { id: string; token: string };
let other: { id: string; token: string };
const parts: RpcRequest<typeof ImportCosts>[] = [];
/** The ledger answers no sooner. */
let ledgerReady: Promise<void>;

beforeAll(async () => {
  gateway = await GatewayHarness.start({ config: { maxCostReportBytes: MAX_BYTES } });
  acme = await gateway.createClient('acme');
  other = await gateway.createClient('other');
  await gateway.answer(ImportCosts, async (request) => {
    parts.push(request);
    await ledgerReady;
    const unknown = request.rows.filter(({ ec2InstanceId }) => ec2InstanceId.startsWith('i-0unknown'));
    return {
      stored: request.rows.length - unknown.length,
      unknownInstances: unknown.map((row) => row.ec2InstanceId),
    };
  });
});

afterAll(() => gateway.stop());

beforeEach(() => {
  parts.length = 0;
  ledgerReady = Promise.resolve();
});

async function upload(
  source: string,
  body: string | Uint8Array<ArrayBuffer>,
  more: CallOptions = {},
): Promise<HttpAnswer> {
  return gateway.call('POST', `/api/client/${acme.id}/cost-reports?source=${source}`, {
    token: acme.token,
    rawBody: body,
    ...more,
    headers: { 'content-type': 'text/csv', ...more.headers },
  });
}

function sent(): Record<string, unknown>[] {
  return parts.flatMap(({ rows }) => rows);
}

/** Start of an hour, counted from the beginning of the day that the reports are about. */
function hourAt(hour: number): string {
  return new Date(Date.UTC(2026, 10, 20, hour)).toISOString();
}

const CUR_LINES = [
  CUR_HEADER,
  'i-0abc1234,2026-11-20T00:00:00Z,2026-11-20T01:00:00Z,0.01,USE1-SpotUsage:t3.medium,AmazonEC2,1',
  'i-0abc1234,2026-11-20T00:45:00Z,2026-11-20T01:00:00Z,0.02,BoxUsage:t3.medium,AmazonEC2,0.25',
  'i-0abc1234,2026-11-20T23:00:00Z,2026-11-21T00:00:00Z,0.02,SpotUsage:t3.medium,AmazonEC2,1',
  'i-0abc1234,2026-11-21T00:00:00Z,2026-11-21T01:00:00Z,0.04,BoxUsage:t3.medium,AmazonEC2,0.5',
  'i-0unknown1,2026-11-20T00:00:00Z,2026-11-20T01:00:00Z,0.1,BoxUsage:t3.medium,AmazonEC2,1',
  'i-0abc1234,2026-11-20T00:00:00Z,2026-11-20T01:00:00Z,0.09,DataTransfer-Out-Bytes,AmazonEC2,3',
  'vol-0abc1234,2026-11-20T00:00:00Z,2026-11-20T01:00:00Z,0.09,EBS:VolumeUsage.gp3,AmazonEC2,3',
  ',2026-11-20T00:00:00Z,2026-11-20T01:00:00Z,1,Tax,AmazonS3,1',
];

describe('a Cost and Usage Report', () => {
  it('is summed by machine and UTC hour', async () => {
    const { status, body } = await upload(CUR, `${CUR_LINES.join('\n')}\n`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      rows_read: 8,
      machine_days: 3,
      machine_hours: 4,
      stored: 3,
      unknown_instances: ['i-0unknown1'],
      skipped_rows: 3,
    });
    expect(parts).toMatchObject([{ clientId: acme.id, source: CUR, importId: body['import_id'] }]);
    expect(sent()).toEqual([
      { ec2InstanceId: 'i-0abc1234', hourAt: hourAt(0), usd: 0.03, hours: 1.25 },
      { ec2InstanceId: 'i-0abc1234', hourAt: hourAt(23), usd: 0.02, hours: 1 },
      { ec2InstanceId: 'i-0abc1234', hourAt: hourAt(24), usd: 0.04, hours: 0.5 },
      { ec2InstanceId: 'i-0unknown1', hourAt: hourAt(0), usd: 0.1, hours: 1 },
    ]);
  });

  it('by day counts in the first hour of the day', async () => {
    const row = 'i-0abc1234,2026-11-20T00:00:00Z,2026-11-21T00:00:00Z,0.24,BoxUsage,AmazonEC2,24';
    expect((await upload(CUR, [CUR_HEADER, row].join('\n'))).status).toBe(200);
    expect(sent()).toEqual([{ ec2InstanceId: 'i-0abc1234', hourAt: hourAt(0), usd: 0.24, hours: 24 }]);
  });

  it('may be packed, and may carry the names of the second form', async () => {
    const text = `\uFEFF${CUR_HEADER_2}\r\nAmazonEC2,i-0abc1234,2026-11-20 05:00:00.000,2026-11-20 06:00:00.000,"0.5",EU-BoxUsage:m5.large\r\n`;
    const headers = { 'content-encoding': 'gzip', 'x-request-id': 'once' };
    const { status, body } = await upload(CUR, new Uint8Array(gzipSync(text)), { headers });
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { machine_days: 1, stored: 1, skipped_rows: 0 },
    });
    expect(sent()).toEqual([{ ec2InstanceId: 'i-0abc1234', hourAt: hourAt(5), usd: 0.5, hours: null }]);
  });

  it('with many machines goes to the ledger in parts', async () => {
    const line = (index: number): string =>
      `i-0${String(index).padStart(8, '0')},2026-11-20T00:00:00Z,2026-11-20T01:00:00Z,0.01,BoxUsage,AmazonEC2,1`;
    const lines = Array.from({ length: 4_500 }, (_, index) => line(index));
    const { body } = await upload(CUR, [CUR_HEADER, ...lines].join('\n'));
    expect(body).toMatchObject({ rows_read: 4_500, machine_days: 4_500, stored: 4_500 });
    expect(parts.map(({ rows }) => rows.length)).toEqual([2_000, 2_000, 500]);
    expect(new Set(parts.map(({ importId }) => importId)).size).toBe(1);
  });

  it('counts the hours of usage once beside its negation', async () => {
    const header = `${CUR_HEADER},lineItem/LineItemType`;
    const row = 'i-0abc1234,2026-11-20T00:00:00Z,2026-11-20T01:00:00Z,COST,BoxUsage,AmazonEC2,1,TYPE';
    const lines = [
      row.replace('COST', '0.1').replace('TYPE', 'SavingsPlanCoveredUsage'),
      row.replace('COST', '-0.1').replace('TYPE', 'SavingsPlanNegation'),
    ];
    await upload(CUR, [header, ...lines].join('\n'));
    expect(sent()).toEqual([{ ec2InstanceId: 'i-0abc1234', hourAt: hourAt(0), usd: 0, hours: 1 }]);
  });

  it.each([
    [
      'a missing column',
      CUR_LINES.join('\n').replace('lineItem/UnblendedCost', 'x'),
      'lineItem/UnblendedCost or line_item_unblended_cost',
    ],
    ['a time that is none', `${CUR_HEADER}\n\ni-0abc1234,soon,soon,1,BoxUsage,AmazonEC2,1`, 'line 3'],
    [
      'a cost that is none',
      `${CUR_HEADER}\ni-0abc1234,2026-11-20T00:00:00Z,2026-11-20T01:00:00Z,free,BoxUsage,AmazonEC2,1`,
      'line 2',
    ],
    ['a short line', `${CUR_HEADER}\ni-0abc1234,2026-11-20T00:00:00Z`, 'line 2'],
    [
      'an open quote',
      `${CUR_HEADER}\n"i-0abc1234,2026-11-20T00:00:00Z,2026-11-20T01:00:00Z,1,BoxUsage,AmazonEC2,1`,
      'line 2',
    ],
    [
      'usage of a whole month',
      `${CUR_HEADER}\ni-0abc1234,2026-11-01T00:00:00Z,2026-12-01T00:00:00Z,1,BoxUsage,AmazonEC2,1`,
      'line 2',
    ],
    [
      'an amount that no machine costs',
      `${CUR_HEADER}\ni-0abc1234,2026-11-20T00:00:00Z,2026-11-21T00:00:00Z,-1000000.01,BoxUsage,AmazonEC2,1`,
      'line 2',
    ],
    ['a line without end', `${CUR_HEADER}\n"${'x'.repeat(70_000)}`, 'line 2'],
    ['nothing in it', '', 'body'],
    ['a header only', CUR_HEADER, 'body'],
  ])('with %s is refused by name, and nothing of it is stored', async (_what, text, field) => {
    const answer = await upload(CUR, text);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid-request', errors: [{ field }] } });
    expect(parts).toEqual([]);
  });
});

describe('a spot data feed', () => {
  const FEED_LINES = [
    '#Version: 1.0',
    '#Fields: Timestamp UsageType Operation InstanceID MyBidID MyMaxPrice MarketPrice Charge Version',
    '2026-11-20 01:10:10 UTC\tUSE2-SpotUsage:t3.medium\tRunInstances:SV001\ti-0abc1234\tsir-1\t0.04 USD\t0.01 USD\t0.0104 USD\t1',
    '2026-11-20 02:10:10 UTC\tSpotUsage\tRunInstances\ti-0abc1234\tsir-1\t0.04 USD\t0.01 USD\t0.02 USD\t1',
    '2026-11-20 02:10:10 UTC\tEBSOptimized:t3\tx\ti-0abc1234\tsir-1\t0.04 USD\t0.01 USD\t0.02 USD\t1',
  ];

  it('is summed by machine and UTC hour', async () => {
    const { body } = await upload(FEED, FEED_LINES.join('\n'), { headers: { 'content-type': 'text/plain' } });
    expect(body).toMatchObject({ rows_read: 3, machine_days: 1, skipped_rows: 1, stored: 2 });
    expect(sent()).toEqual([
      { ec2InstanceId: 'i-0abc1234', hourAt: hourAt(1), usd: 0.0104, hours: null },
      { ec2InstanceId: 'i-0abc1234', hourAt: hourAt(2), usd: 0.02, hours: null },
    ]);
  });

  it.each([
    ['no list of fields', [FEED_LINES[0], FEED_LINES[2]], '#Fields'],
    ['a missing field', ['#Fields: Timestamp UsageType InstanceID', FEED_LINES[2]], 'Charge'],
    ['another version', ['#Version: 2.0', ...FEED_LINES.slice(1)], 'line 1'],
    [
      'another currency',
      [...FEED_LINES.slice(0, 2), FEED_LINES[2]?.replace('0.0104 USD', '0.0104 CNY')],
      'line 3',
    ],
  ])('with %s is refused by name', async (_what, lines, field) => {
    const answer = await upload(FEED, lines.join('\n'));
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field }] } });
  });
});

describe('an upload', () => {
  it('belongs to a tenant of the caller', async () => {
    expect((await upload(CUR, CUR_LINES.join('\n'), { token: other.token })).status).toBe(404);
    expect(parts).toEqual([]);
  });

  it('says what it is', async () => {
    expect(await upload('invoice', 'x')).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'source' }] },
    });
    const json = await upload(CUR, '{}', { headers: { 'content-type': 'application/json' } });
    expect(json).toMatchObject({ status: 400, body: { errors: [{ field: 'content-type' }] } });
    const packed = await upload(CUR, CUR_LINES.join('\n'), { headers: { 'content-encoding': 'br' } });
    expect(packed).toMatchObject({ status: 400, body: { errors: [{ field: 'content-encoding' }] } });
    const notPacked = await upload(CUR, CUR_LINES.join('\n'), { headers: { 'content-encoding': 'gzip' } });
    expect(notPacked).toMatchObject({ status: 400, body: { errors: [{ field: 'content-encoding' }] } });
  });

  it('has an end, whether it is packed or not', async () => {
    const text = `${CUR_HEADER}\n${'i-0abc1234,2026-11-20T00:00:00Z,2026-11-20T01:00:00Z,0.01,BoxUsage,AmazonEC2,1\n'.repeat(60_000)}`;
    expect(text.length).toBeGreaterThan(MAX_BYTES);
    const plain = await upload(CUR, text);
    expect(plain).toMatchObject({ status: 413, body: { code: 'body-too-large' } });
    const bomb = await upload(CUR, new Uint8Array(gzipSync(text)), {
      headers: { 'content-encoding': 'gzip' },
    });
    expect(bomb.status).toBe(413);
    expect(parts).toEqual([]);
  });

  it('waits for none of the same tenant: the second one is refused', async () => {
    let release = (): void => undefined;
    ledgerReady = new Promise((resolve) => {
      release = resolve;
    });
    const first = upload(CUR, CUR_LINES.join('\n'));
    await waitFor(() => parts.length > 0, { what: 'the first report to reach the ledger' });
    expect(await upload(CUR, CUR_LINES.join('\n'))).toMatchObject({
      status: 409,
      body: { code: 'import-running' },
    });
    release();
    expect((await first).status).toBe(200);
    expect((await upload(CUR, CUR_LINES.join('\n'))).status).toBe(200);
  });

  it('is about a limited number of hours of machines', async () => {
    const body = Readable.from([Buffer.from(CUR_LINES.join('\n'))]);
    const report = { source: CUR, body, gzip: false, maxBytes: MAX_BYTES, maxMachineHours: 3 } as const;
    await expect(sumCostReport(report)).rejects.toMatchObject({ code: 'body-too-large' });
  });
});
