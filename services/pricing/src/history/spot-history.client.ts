import { Ec2Connection, Ec2SpotMarket, type SpotMarket, type SpotPricePoint } from '@spotopt/cloud';
import { poolIdOf } from '@spotopt/contracts';
import type { AwsAccess } from '@spotopt/platform';
import { type HistoryChange, type HistoryQuery, PriceHistory } from './ports.js';

/** Both products are asked for; where an account still has both, that of the VPC is what instances pay. */
const PREFERRED_PRODUCT = 'Linux/UNIX (Amazon VPC)';

/** The price history of AWS, region by region. */
export class AwsPriceHistory extends PriceHistory {
  readonly #markets = new Map<string, SpotMarket>();

  constructor(private readonly openMarket: (region: string) => SpotMarket) {
    super();
  }

  static connect(access: AwsAccess): AwsPriceHistory {
    return new AwsPriceHistory((region) => new Ec2SpotMarket(new Ec2Connection({ region, ...access })));
  }

  override async *changes(query: HistoryQuery): AsyncIterable<readonly HistoryChange[]> {
    const pages = this.#market(query.region).priceHistory({
      instanceTypes: query.instanceTypes,
      startTime: query.from,
      endTime: query.until,
    });
    for await (const page of pages) yield changesOf(page);
  }

  #market(region: string): SpotMarket {
    const known = this.#markets.get(region);
    if (known !== undefined) return known;
    const opened = this.openMarket(region);
    this.#markets.set(region, opened);
    return opened;
  }
}

function changesOf(page: readonly SpotPricePoint[]): HistoryChange[] {
  const byKey = new Map<string, SpotPricePoint>();
  for (const point of page) {
    const key = `${poolIdOf(point.instanceType, point.az)} ${String(point.changedAt.getTime())}`;
    if (!byKey.has(key) || point.product === PREFERRED_PRODUCT) byKey.set(key, point);
  }
  return [...byKey.values()].map((point) => ({
    poolId: poolIdOf(point.instanceType, point.az),
    usdPerHour: point.usdPerHour,
    changedAt: point.changedAt,
  }));
}
