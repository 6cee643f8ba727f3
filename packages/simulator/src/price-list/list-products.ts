import { createHash } from 'node:crypto';
import type { SimulatedRegion } from '../region/simulated-region.js';

/** Code under which AWS files on-demand terms. */
const ON_DEMAND_TERM = 'JRTCKXETXF';
const HOURLY_RATE = '6YS6EN2CT7';
const DEDICATED_FACTOR = 1.1;
const WINDOWS_USD_PER_HOUR = 0.046;

export interface Product {
  readonly sku: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly usdPerHour: number;
}

/** What is sold under one instance type, besides the plain machine that most ask for. */
function variantsOf(usdPerHour: number): { attributes: Record<string, string>; usdPerHour: number }[] {
  return [
    { attributes: {}, usdPerHour },
    { attributes: { operatingSystem: 'Windows' }, usdPerHour: usdPerHour + WINDOWS_USD_PER_HOUR },
    { attributes: { tenancy: 'Dedicated' }, usdPerHour: usdPerHour * DEDICATED_FACTOR },
    { attributes: { capacitystatus: 'UnusedCapacityReservation' }, usdPerHour },
    { attributes: { capacitystatus: 'AllocatedCapacityReservation' }, usdPerHour: 0 },
  ];
}

/** Everything on the list of the region, in a fixed order. */
export function productsOf(region: SimulatedRegion): Product[] {
  const types = [...new Set(region.pools.all().map((pool) => pool.instanceType))].sort();
  return types.flatMap((instanceType) => {
    const price = region.priceBook.onDemand(instanceType);
    if (price === undefined) return [];
    return variantsOf(price.usdPerHour).map((variant) => {
      const attributes = {
        servicecode: 'AmazonEC2',
        instanceType,
        regionCode: region.name,
        locationType: 'AWS Region',
        operatingSystem: 'Linux',
        preInstalledSw: 'NA',
        tenancy: 'Shared',
        capacitystatus: 'Used',
        marketoption: 'OnDemand',
        ...variant.attributes,
      };
      return { sku: skuOf(attributes), attributes, usdPerHour: variant.usdPerHour };
    });
  });
}

function skuOf(attributes: Readonly<Record<string, string>>): string {
  return createHash('sha256').update(JSON.stringify(attributes)).digest('hex').slice(0, 16).toUpperCase();
}

/** One entry of `PriceList`: the product with its on-demand terms, as text (format `aws_v1`). */
export function priceListEntry(product: Product, effectiveDate: string): string {
  const { sku, attributes, usdPerHour } = product;
  const term = `${sku}.${ON_DEMAND_TERM}`;
  const rateCode = `${term}.${HOURLY_RATE}`;
  return JSON.stringify({
    product: { productFamily: 'Compute Instance', sku, attributes },
    serviceCode: 'AmazonEC2',
    terms: {
      OnDemand: {
        [term]: {
          sku,
          offerTermCode: ON_DEMAND_TERM,
          effectiveDate,
          termAttributes: {},
          priceDimensions: {
            [rateCode]: {
              rateCode,
              unit: 'Hrs',
              beginRange: '0',
              endRange: 'Inf',
              appliesTo: [],
              description: `$${usdPerHour.toFixed(4)} per ${attributes['operatingSystem'] ?? ''} instance hour`,
              pricePerUnit: { USD: usdPerHour.toFixed(10) },
            },
          },
        },
      },
    },
    version: effectiveDate.replace(/\D/g, ''),
    publicationDate: effectiveDate,
  });
}
