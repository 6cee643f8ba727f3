import { expect, test } from '@jest/globals';
import {
  DescribeSpotPriceHistoryCommand,
  type DescribeSpotPriceHistoryCommandInput,
  type SpotPrice,
} from '@aws-sdk/client-ec2';
import { ManualClock } from '@spotopt/testkit';
import fc from 'fast-check';
import { parsePriceFile, recordedPriceBook } from '../prices/recorded-prices.js';
import { failureOf, startRegion, type Setup } from '../running-simulator.contract.js';

async function page(
  { ec2 }: Setup,
  input: DescribeSpotPriceHistoryCommandInput,
): Promise<{ rows: SpotPrice[]; token: string | undefined }> {
  const answer = await ec2.send(new DescribeSpotPriceHistoryCommand(input));
  return { rows: answer.SpotPriceHistory ?? [], token: answer.NextToken };
}

async function allRows(setup: Setup, input: DescribeSpotPriceHistoryCommandInput): Promise<SpotPrice[]> {
  const rows: SpotPrice[] = [];
  let token: string | undefined;
  do {
    const next = await page(setup, { ...input, ...(token === undefined ? {} : { NextToken: token }) });
    rows.push(...next.rows);
    token = next.token;
  } while (token !== '' && token !== undefined);
  return rows;
}

function line(row: SpotPrice): string {
  const time = row.Timestamp?.toISOString().replace('.000Z', 'Z') ?? '';
  return [time, row.InstanceType, row.AvailabilityZone, row.SpotPrice].join(',');
}

test('a start time now gives the price in force in each pool', async () => {
  const setup = await startRegion();
  const { rows, token } = await page(setup, { StartTime: setup.clock.now() });
  expect(rows.map(line)).toEqual([
    '2026-03-01T11:00:00Z,t3.medium,us-east-1a,0.0201',
    '2026-02-25T06:30:00Z,t3.medium,us-east-1b,0.0142',
    '2026-02-21T10:00:00Z,m5.large,us-east-1b,0.0402',
    '2026-02-21T10:00:00Z,m5.large,us-east-1a,0.0351',
    '2026-02-20T00:00:00Z,t3.medium,us-east-1c,0.0170',
  ]);
  expect(token).toBe('');
  expect(rows[0]).toMatchObject({ ProductDescription: 'Linux/UNIX', AvailabilityZoneId: 'use1-az2' });
});

test('a range also holds the last change before it', async () => {
  const setup = await startRegion();
  const rows = await allRows(setup, {
    StartTime: new Date('2026-02-24T00:00:00Z'),
    EndTime: new Date('2026-02-28T00:00:00Z'),
    InstanceTypes: ['t3.medium'],
    AvailabilityZone: 'us-east-1b',
  });
  expect(rows.map(line)).toEqual([
    '2026-02-25T06:30:00Z,t3.medium,us-east-1b,0.0142',
    '2026-02-20T00:00:00Z,t3.medium,us-east-1b,0.0130',
  ]);
});

test('nothing of the future is shown', async () => {
  const setup = await startRegion({ clock: new ManualClock(new Date('2026-02-22T00:00:00Z')) });
  const rows = await allRows(setup, { EndTime: new Date('2027-01-01T00:00:00Z') });
  expect(rows).toHaveLength(5);
  await setup.clock.advance(10 * 86_400_000);
  expect(await allRows(setup, {})).toHaveLength(7);
});

test('products and filters', async () => {
  const setup = await startRegion();
  const count = async (input: DescribeSpotPriceHistoryCommandInput): Promise<number> =>
    (await allRows(setup, input)).length;
  expect(await count({ ProductDescriptions: ['Linux/UNIX', 'Linux/UNIX (Amazon VPC)'] })).toBe(7);
  expect(await count({ ProductDescriptions: ['Windows'] })).toBe(0);
  expect(await count({ Filters: [{ Name: 'instance-type', Values: ['m5.*'] }] })).toBe(2);
  expect(
    await count({ Filters: [{ Name: 'availability-zone', Values: ['us-east-1a', 'us-east-1c'] }] }),
  ).toBe(4);
  expect(await count({ Filters: [{ Name: 'product-description', Values: ['Linux/UNIX'] }] })).toBe(7);
  expect((await failureOf(count({ NextToken: 'nonsense' }))).code).toBe('InvalidNextToken');
  expect((await failureOf(count({ MaxResults: 1001 }))).code).toBe('InvalidParameterValue');
});

test('a full paged read of a recording gives its rows exactly, also those of one moment', async () => {
  const csv = [
    'timestamp,instance_type,az,spot_price',
    '2020-02-29T10:03:41Z,m5d.24xlarge,eu-west-3a,1.5271',
    '2020-02-29T12:02:09Z,m5d.16xlarge,eu-west-3a,1.0181',
    '2020-03-01T00:00:00Z,m5d.16xlarge,eu-west-3a,1.0181',
    '2020-03-01T00:00:00Z,m5d.16xlarge,eu-west-3a,1.02',
    '2020-03-01T00:00:00Z,m5d.24xlarge,eu-west-3b,1.5',
    '2020-03-02T07:00:01Z,m5d.24xlarge,eu-west-3a,1.50',
  ];
  const prices = recordedPriceBook(parsePriceFile(csv.join('\n'), 'inline'));
  const setup = await startRegion({ prices, clock: new ManualClock(prices.lastAt) });
  expect(setup.simulator.region.name).toBe('eu-west-3');
  const rows = await allRows(setup, { StartTime: new Date(prices.firstAt), MaxResults: 2 });
  expect(rows.map(line).sort()).toEqual(csv.slice(1).sort());
});

test('prices that change between two pages neither repeat nor skip a row', async () => {
  const setup = await startRegion({ clock: new ManualClock(new Date('2026-02-22T00:00:00Z')) });
  const before = await allRows(setup, {});
  const first = await page(setup, { MaxResults: 2 });
  await setup.clock.advance(10 * 86_400_000);
  const rest = await allRows(setup, { MaxResults: 2, NextToken: first.token });
  expect([...first.rows, ...rest].map(line)).toEqual(before.map(line));
});

const ZONES = ['us-east-1a', 'us-east-1b'];
const TYPES = ['t3.medium', 'm5.large'];
const DAY_MS = 86_400_000;
const FIRST_MS = Date.parse('2026-01-01T00:00:00Z');

interface Row {
  readonly atMs: number;
  readonly type: string;
  readonly zone: string;
  readonly price: string;
}

/** The same list by the plainest means: filter all rows, then add the newest older one of each pool. */
function expectedRows(rows: readonly Row[], startMs: number, endMs: number): string[] {
  const chosen = TYPES.flatMap((type) =>
    ZONES.flatMap((zone) => {
      const pool = rows.filter((row) => row.type === type && row.zone === zone);
      const inRange = pool.filter((row) => row.atMs >= startMs && row.atMs <= endMs);
      const older = pool.filter((row) => row.atMs < startMs && row.atMs <= endMs);
      const newestOlder = older.filter((row) => older.every((other) => other.atMs <= row.atMs));
      return [...inRange, ...newestOlder];
    }),
  );
  return chosen.map((row) => [row.atMs, row.type, row.zone, row.price].join(',')).sort();
}

test('page by page it is the list that the definition gives, newest first', async () => {
  const clock = new ManualClock(FIRST_MS + 40 * DAY_MS);
  const row = fc.record({
    atMs: fc.integer({ min: 0, max: 30 * 24 }).map((hour) => FIRST_MS + hour * 3_600_000),
    type: fc.constantFrom(...TYPES),
    zone: fc.constantFrom(...ZONES),
    price: fc.integer({ min: 1, max: 9999 }).map((value) => `0.${String(value).padStart(4, '0')}`),
  });
  const distinct = fc.uniqueArray(row, {
    minLength: 1,
    maxLength: 40,
    selector: ({ atMs, type, zone }) => `${atMs}${type}${zone}`,
  });
  const hours = fc.integer({ min: -24, max: 35 * 24 });
  await fc.assert(
    fc.asyncProperty(
      distinct,
      hours,
      hours,
      fc.integer({ min: 1, max: 7 }),
      async (rows, from, length, size) => {
        const csv = rows.map(
          ({ atMs, type, zone, price }) => `${new Date(atMs).toISOString()},${type},${zone},${price}`,
        );
        const text = ['timestamp,instance_type,az,spot_price', ...csv].join('\n');
        const prices = recordedPriceBook(parsePriceFile(text, 'generated'));
        const setup = await startRegion({ prices, clock });
        const startMs = FIRST_MS + from * 3_600_000;
        const endMs = Math.min(startMs + Math.abs(length) * 3_600_000, clock.nowMs());
        const answer = await allRows(setup, {
          StartTime: new Date(startMs),
          EndTime: new Date(endMs),
          MaxResults: size,
        });
        const times = answer.map((one) => one.Timestamp?.getTime() ?? 0);
        expect(times).toEqual([...times].sort((a, b) => b - a));
        const lines = answer.map((one) =>
          [one.Timestamp?.getTime(), one.InstanceType, one.AvailabilityZone, one.SpotPrice].join(','),
        );
        expect(lines.sort()).toEqual(expectedRows(rows, startMs, endMs));
        await setup.simulator.stop();
      },
    ),
    { numRuns: 25, seed: 11 },
  );
});
