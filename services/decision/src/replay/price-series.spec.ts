import { describe, expect, it } from '@jest/globals';
import { readPriceFile } from './price-file.js';
import { priceScenario, traceScenario } from './price-series.js';
import { sampleMarket } from './replay-samples.contract.js';

const market = { ...sampleMarket({ steps: 6, pools: 1 }), kind: 'prices' as const };
const at = (seconds: number): number => market.startS + seconds;

describe('a replay of prices', () => {
  it('holds a price until the next one, and has no machine while it is dearer than on demand', () => {
    const changes = [
      { atS: at(300), usdPerHour: 0.5 },
      { atS: at(601), usdPerHour: 1 },
      { atS: at(900), usdPerHour: 1.1 },
      { atS: at(1500), usdPerHour: 0.4 },
    ];
    const scenario = priceScenario(market, [{ az: 'z0', instanceType: 't', changes }]);
    expect([...(scenario.prices[0] ?? [])]).toEqual([1, 0.5, 0.5, 1.1, 1.1, 0.4]);
    expect([...(scenario.available[0] ?? [])]).toEqual([0, 1, 1, 0, 0, 1]);
  });

  it.each([
    ['whole steps', { fromS: at(300), seconds: 600 }, [1, 0, 0, 1, 1, 1]],
    ['at least one step', { fromS: at(301), seconds: 1 }, [1, 1, 0, 1, 1, 1]],
    ['from the next step on', { fromS: at(1), seconds: 600 }, [1, 0, 0, 1, 1, 1]],
    ['cut to the grid', { fromS: at(-600), seconds: 900 }, [0, 1, 1, 1, 1, 1]],
    ['cut at its end', { fromS: at(1200), seconds: 90_000 }, [1, 1, 1, 1, 0, 0]],
  ])('takes a pool away in an outage: %s', (_name, outage, expected) => {
    const series = [{ az: 'z0', instanceType: 't', changes: [{ atS: at(0), usdPerHour: 0.5 }] }];
    const scenario = priceScenario(market, series, { 'z0/t': [outage] });
    expect([...(scenario.available[0] ?? [])]).toEqual(expected);
  });

  it('names the pool without prices', () => {
    expect(() => priceScenario(market, [])).toThrow('there are no prices of z0/t');
  });
});

describe('a replay of traces', () => {
  const state = [1, 0, 1, 1, 1, 1, 1];

  it('takes the constant price where there is no series', () => {
    const scenario = traceScenario(market, [{ state, price: null, usdPerHour: 0.3 }]);
    expect([...(scenario.prices[0] ?? [])]).toEqual(Array.from({ length: 6 }, () => 0.3));
    expect([...(scenario.available[0] ?? [])]).toEqual([1, 0, 1, 1, 1, 1]);
  });

  it.each([
    ['state', { state: [1], price: null, usdPerHour: 0.3 }],
    ['price', { state, price: [0.3], usdPerHour: null }],
    ['price at all', { state, price: null, usdPerHour: null }],
  ])('refuses a trace without enough %s', (_name, trace) => {
    expect(() => traceScenario(market, [trace])).toThrow('fewer than 6 steps');
  });
});

describe('a file of prices', () => {
  const rows = [
    'timestamp,instance_type,az,spot_price',
    '2026-01-01T00:10:00Z,t3.large,us-east-1a,0.03',
    '2026-01-01 00:05:00,t3.large,us-east-1a,0.02',
    '2026-01-01T00:00:00.900Z,t3.large,us-east-1b,0.04',
  ];
  const expected = [
    {
      az: 'us-east-1a',
      instanceType: 't3.large',
      changes: [
        { atS: 1767225900, usdPerHour: 0.02 },
        { atS: 1767226200, usdPerHour: 0.03 },
      ],
    },
    { az: 'us-east-1b', instanceType: 't3.large', changes: [{ atS: 1767225600, usdPerHour: 0.04 }] },
  ];

  it('is read as CSV, in any order, in whole seconds of UTC', () => {
    expect(readPriceFile(rows.join('\n'), 'prices.csv')).toEqual(expected);
  });

  it('is read as the JSON of the AWS CLI, Linux only', () => {
    const row = (AvailabilityZone: string, SpotPrice: string, Timestamp: string) => ({
      AvailabilityZone,
      InstanceType: 't3.large',
      ProductDescription: 'Linux/UNIX',
      SpotPrice,
      Timestamp,
    });
    const document = {
      SpotPriceHistory: [
        row('us-east-1a', '0.030000', '2026-01-01T00:10:00+00:00'),
        row('us-east-1a', '0.020000', '2026-01-01T00:05:00+00:00'),
        row('us-east-1b', '0.040000', '2026-01-01T00:00:00.900Z'),
        { ...row('us-east-1c', '9', '2026-01-01T00:00:00Z'), ProductDescription: 'Windows' },
      ],
    };
    expect(readPriceFile(JSON.stringify(document), 'prices.json')).toEqual(expected);
  });

  it.each([
    ['no type', `${rows[0] ?? ''}\n2026-01-01T00:00:00Z,,us-east-1a,1`, 'line 2 names no pool'],
    ['no rows', 'timestamp,instance_type,az,spot_price\n', 'there are no prices in it'],
    [
      'another header',
      'time,price\n2026-01-01T00:00:00Z,1',
      'missing: timestamp, instance_type, az, spot_price',
    ],
    ['a price that is none', `${rows[0] ?? ''}\n2026-01-01T00:00:00Z,t3.large,us-east-1a,free`, 'spot_price'],
    ['a time that is none', `${rows[0] ?? ''}\nyesterday,t3.large,us-east-1a,1`, 'timestamp'],
    ['half a document', '{"SpotPriceHistory":', 'not JSON'],
    ['another document', '{"prices":[]}', 'describe-spot-price-history'],
  ])('is refused with its name and what is wrong: %s', (_name, text, problem) => {
    expect(() => readPriceFile(text, 'mine.csv')).toThrow(problem);
    expect(() => readPriceFile(text, 'mine.csv')).toThrow('mine.csv');
  });
});
