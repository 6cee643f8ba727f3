import { describe, expect, it } from '@jest/globals';
import { priceListRegionOf } from '@spotopt/cloud';
import { parsePriceListEntry } from './price-list-entry.js';

interface Dimension {
  readonly unit: string;
  readonly pricePerUnit: Readonly<Record<string, string>>;
}

const entry = (...dimensions: readonly Dimension[]): string =>
  JSON.stringify({
    product: { sku: 'S', attributes: { instanceType: 'm5.large', tenancy: 'Shared' } },
    serviceCode: 'AmazonEC2',
    terms: {
      OnDemand: {
        'S.JRTCKXETXF': {
          priceDimensions: Object.fromEntries(dimensions.map((one, index) => [`rate-${String(index)}`, one])),
        },
      },
    },
  });

const hour = (usd: string): Dimension => ({ unit: 'Hrs', pricePerUnit: { USD: usd } });

describe('an entry of the price list', () => {
  it('says the price of an hour', () => {
    expect(parsePriceListEntry(entry(hour('0.0960000000')))).toEqual({
      instanceType: 'm5.large',
      usdPerHour: 0.096,
    });
  });

  it('counts with the lowest of several prices, so that no saving is overstated', () => {
    expect(parsePriceListEntry(entry(hour('0.12'), hour('0.096'), hour('0.0')))?.usdPerHour).toBe(0.096);
  });

  it.each([
    ['costs nothing', entry(hour('0.0000000000'))],
    ['is billed by another unit', entry({ unit: 'Quantity', pricePerUnit: { USD: '100' } })],
    ['is priced in another currency', entry({ unit: 'Hrs', pricePerUnit: { CNY: '0.6' } })],
    ['has no number', entry(hour('free'))],
    ['has no terms', JSON.stringify({ product: { attributes: { instanceType: 'm5.large' } } })],
    ['is no JSON', '{"product":'],
    ['is no object', 'null'],
  ])('has no price when it %s', (_why, text) => {
    expect(parsePriceListEntry(text)).toBeNull();
  });
});

it.each([
  ['us-west-2', 'us-east-1'],
  ['sa-east-1', 'us-east-1'],
  ['ca-central-1', 'us-east-1'],
  ['us-gov-west-1', 'us-east-1'],
  ['ap-southeast-2', 'ap-south-1'],
  ['eu-west-3', 'eu-central-1'],
  ['cn-north-1', 'cn-northwest-1'],
])('prices of %s are asked in %s', (region, asked) => {
  expect(priceListRegionOf(region)).toBe(asked);
});
