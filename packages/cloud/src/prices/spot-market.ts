/** One change of a spot price: it holds from `changedAt` until the next change. */
export interface SpotPricePoint {
  readonly instanceType: string;
  readonly az: string;
  readonly usdPerHour: number;
  readonly product: string;
  readonly changedAt: Date;
}

export interface PriceHistoryQuery {
  readonly instanceTypes?: readonly string[] | undefined;
  readonly availabilityZone?: string | undefined;
  /** @default both Linux products */
  readonly productDescriptions?: readonly string[] | undefined;
  /** The last change before it is also returned: the price in force at the start. */
  readonly startTime: Date;
  readonly endTime?: Date | undefined;
}

export interface Offering {
  readonly instanceType: string;
  readonly az: string;
}

export const LINUX_PRODUCTS: readonly string[] = ['Linux/UNIX', 'Linux/UNIX (Amazon VPC)'];

/** Spot prices and what is sold where, in one region. */
export abstract class SpotMarket {
  /** Pages of price changes, in no promised order. An empty history means: not sold there as spot. */
  abstract priceHistory(query: PriceHistoryQuery): AsyncIterable<readonly SpotPricePoint[]>;

  /** Which of the types are sold in which zone. */
  abstract offerings(instanceTypes: readonly string[]): Promise<readonly Offering[]>;
}

/** The price in force per (type, zone): the one with the newest time wins, whatever the order of arrival. */
export async function newestPrices(
  pages: AsyncIterable<readonly SpotPricePoint[]>,
): Promise<readonly SpotPricePoint[]> {
  const newest = new Map<string, SpotPricePoint>();
  for await (const page of pages) {
    for (const point of page) {
      const key = `${point.instanceType}.${point.az}`;
      const known = newest.get(key);
      if (known === undefined || point.changedAt.getTime() > known.changedAt.getTime())
        newest.set(key, point);
    }
  }
  return [...newest.values()];
}
