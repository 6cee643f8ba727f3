import { instant, items } from '../aws/xml.js';
import { zoneIdOf } from './find-instances.js';
import type { PriceSeries } from '../prices/price-book.js';
import { poolIdOf } from '../region/zones.js';
import type { SimulatedRegion } from '../region/simulated-region.js';
import type { QueryReader } from '../aws/query-reader.js';
import type { Ec2Action } from './action.js';
import { filterOf } from './filters.js';
import { maxResults, pageOf, readToken, writeToken } from './paging.js';

function wantedSeries(request: QueryReader, region: SimulatedRegion): PriceSeries[] {
  const types = request.texts('InstanceType');
  const products = request.texts('ProductDescription');
  const zone = request.text('AvailabilityZone');
  const zoneId = request.text('AvailabilityZoneId');
  const isOneOf = (values: readonly string[], value: string): boolean =>
    values.length === 0 || values.includes(value);
  const matches = filterOf<PriceSeries>(request, {
    'instance-type': (series) => [series.instanceType],
    'availability-zone': (series) => [series.zone],
    'availability-zone-id': (series) => [zoneIdOf(region, series.zone)],
    'product-description': (series) => [series.product],
    'spot-price': () => [],
    timestamp: () => [],
  });
  return region.priceBook.series.filter(
    (series) =>
      region.pools.get(poolIdOf(series.instanceType, series.zone)) !== undefined &&
      isOneOf(types, series.instanceType) &&
      isOneOf(products, series.product) &&
      (zone === undefined || zone === series.zone) &&
      (zoneId === undefined || zoneId === zoneIdOf(region, series.zone)) &&
      matches(series),
  );
}

function numberIn(cursor: Readonly<Record<string, unknown>> | undefined, name: string): number | undefined {
  const value = cursor?.[name];
  return typeof value === 'number' ? value : undefined;
}

/**
 * The time range and the place in it travel in the token: prices that change while a client pages
 * neither repeat nor skip a row.
 */
export const describeSpotPriceHistory: Ec2Action = (request, region) => {
  const nowMs = region.clock.nowMs();
  const cursor = readToken(request);
  const fromMs = numberIn(cursor, 'from') ?? Math.min(request.timeMs('StartTime') ?? 0, nowMs);
  const endMs = numberIn(cursor, 'end') ?? Math.min(request.timeMs('EndTime') ?? nowMs, nowMs);
  const most = maxResults(request, { least: 1, most: 1000 });
  const rows = region.priceBook.history(wantedSeries(request, region), fromMs, endMs);
  const page = pageOf(rows, numberIn(cursor, 'start') ?? 0, most);
  return {
    spotPriceHistorySet: items(
      page.rows.map(({ series, change }) => ({
        instanceType: series.instanceType,
        productDescription: series.product,
        spotPrice: change.text,
        timestamp: instant(change.atMs),
        availabilityZone: series.zone,
        availabilityZoneId: zoneIdOf(region, series.zone),
      })),
    ),
    nextToken: page.next === undefined ? '' : writeToken({ start: page.next, from: fromMs, end: endMs }),
  };
};
