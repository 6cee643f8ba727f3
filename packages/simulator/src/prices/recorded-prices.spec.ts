import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { loadPriceFile, parsePriceFile, recordedPriceBook } from './recorded-prices.js';

const CSV = `timestamp,instance_type,az,spot_price
2020-03-01T00:00:00Z,c5.18xlarge,eu-west-3a,1.0908
2020-02-29T10:00:00Z,c5.18xlarge,eu-west-3a,1.0900
2020-02-29T12:00:00Z,zz9.large,eu-west-3a,0.02
2020-02-29T13:00:00Z,zz9.large,eu-west-3a,0.09
2020-02-29T14:00:00Z,zz9.large,eu-west-3a,0.02
`;

const AWS_JSON = JSON.stringify({
  SpotPriceHistory: [
    {
      AvailabilityZone: 'us-west-2a',
      InstanceType: 'm5.large',
      ProductDescription: 'Linux/UNIX',
      SpotPrice: '0.035100',
      Timestamp: '2026-02-21T10:00:00+00:00',
    },
    {
      AvailabilityZone: 'us-west-2a',
      InstanceType: 'm5.large',
      ProductDescription: 'Windows',
      SpotPrice: '0.127100',
      Timestamp: '2026-02-21T11:00:00+00:00',
    },
  ],
});

/** As `GET /api/export/prices` gives them out, in both forms. */
const EXPORTED_CSV = `timestamp,instance_type,az,spot_price,source,confidence
2026-11-20T12:00:00.000Z,t3.medium,us-east-1a,0.012500,primary-report,1
2026-11-20T12:05:00.000Z,t3.medium,us-east-1a,0.013000,spot-price-history,1
`;
const EXPORTED_AWS_JSON =
  '{"SpotPriceHistory":[{"AvailabilityZone":"us-east-1a","InstanceType":"t3.medium","ProductDescription":"Linux/UNIX",' +
  '"SpotPrice":"0.012500","Timestamp":"2026-11-20T12:00:00+00:00"},{"AvailabilityZone":"us-east-1a",' +
  '"InstanceType":"t3.medium","ProductDescription":"Linux/UNIX","SpotPrice":"0.013000",' +
  '"Timestamp":"2026-11-20T12:05:00+00:00"}]}\n';

let directory = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'prices-'));
});

afterAll(async () => {
  await rm(directory, { recursive: true });
});

test('a CSV file and the same file packed give the same book', async () => {
  await writeFile(join(directory, 'prices.csv'), CSV);
  await writeFile(join(directory, 'prices.csv.gz'), gzipSync(CSV));
  const plain = await loadPriceFile(join(directory, 'prices.csv'));
  const packed = await loadPriceFile(join(directory, 'prices.csv.gz'));
  expect(packed.series).toEqual(plain.series);
  expect(plain.region).toBe('eu-west-3');
  expect(new Date(plain.firstAt).toISOString()).toBe('2020-02-29T10:00:00.000Z');
  expect(plain.lastAt).toBe(Date.parse('2020-03-01T00:00:00Z'));
  expect(plain.priceAt('c5.18xlarge.eu-west-3a', Date.parse('2020-02-29T23:59:59Z'))?.text).toBe('1.0900');
  expect(plain.priceAt('c5.18xlarge.eu-west-3a', Date.parse('2020-02-29T09:59:59Z'))).toBeUndefined();
});

test('what the AWS CLI prints is read, each product for itself', () => {
  const book = recordedPriceBook(parsePriceFile(AWS_JSON, 'aws.json'));
  expect(book.series.map((series) => [series.product, series.changes[0]?.text])).toEqual([
    ['Linux/UNIX', '0.035100'],
    ['Windows', '0.127100'],
  ]);
  expect(book.priceAt('m5.large.us-west-2a', Date.parse('2026-02-22T00:00:00Z'))?.usdPerHour).toBe(0.0351);
});

test('on-demand prices are listed, derived from the family or estimated, and say which', () => {
  const book = recordedPriceBook(parsePriceFile(CSV, 'prices.csv'));
  expect(book.onDemand('c5.18xlarge')).toEqual({ usdPerHour: 3.636, source: 'derived' });
  expect(book.onDemand('zz9.large')).toEqual({ usdPerHour: 0.09, source: 'estimated' });
  expect(recordedPriceBook(parsePriceFile(AWS_JSON, 'aws.json')).onDemand('m5.large')?.source).toBe('listed');
});

test('the cost is integrated step by step', () => {
  const book = recordedPriceBook(parsePriceFile(CSV, 'prices.csv'));
  const at = (time: string): number => Date.parse(`2020-02-29T${time}:00Z`);
  expect(book.costUsd('zz9.large.eu-west-3a', at('12:30'), at('14:30'))).toBeCloseTo(0.01 + 0.09 + 0.01, 12);
  expect(book.costUsd('zz9.large.eu-west-3a', at('12:30'), at('12:30'))).toBe(0);
});

test.each([
  ['an empty file', '', 'invalid-price-file'],
  ['a header alone', 'timestamp,instance_type,az,spot_price\n', 'invalid-price-file'],
  ['another table', 'a,b\n1,2\n', 'invalid-price-file'],
  ['a price that is no number', CSV.replace('1.0908', 'cheap'), 'invalid-price-file'],
  ['a time that is none', CSV.replace('2020-03-01T00:00:00Z', 'soon'), 'invalid-price-file'],
  ['broken JSON', '{"SpotPriceHistory":', 'invalid-price-file'],
  ['other JSON', '{"Prices":[]}', 'invalid-price-file'],
  ['two regions', `${CSV}2020-03-01T00:00:00Z,m5.large,us-east-1a,0.1\n`, 'prices-of-many-regions'],
])('%s is refused', async (_name, text, code) => {
  const path = join(directory, 'broken.csv');
  await writeFile(path, text);
  await expect(loadPriceFile(path)).rejects.toMatchObject({ code });
});

test('a file that is not there, or not packed as its name says, is refused', async () => {
  await expect(loadPriceFile(join(directory, 'none.csv'))).rejects.toMatchObject({
    code: 'price-file-unreadable',
  });
  await writeFile(join(directory, 'fake.gz'), CSV);
  await expect(loadPriceFile(join(directory, 'fake.gz'))).rejects.toMatchObject({
    code: 'invalid-price-file',
  });
});

test('what the control plane exports can be replayed, from either form alike', () => {
  const fromCsv = parsePriceFile(EXPORTED_CSV, 'spot-prices.csv');
  expect(fromCsv).toEqual(parsePriceFile(EXPORTED_AWS_JSON, 'spot-price-history.json'));
  expect(fromCsv.map(({ atMs, text }) => [new Date(atMs).toISOString(), text])).toEqual([
    ['2026-11-20T12:00:00.000Z', '0.012500'],
    ['2026-11-20T12:05:00.000Z', '0.013000'],
  ]);
  expect(recordedPriceBook(fromCsv).region).toBe('us-east-1');
});
