import { SpotMarket } from '@spotopt/cloud';
import type { Offering, PriceHistoryQuery, SpotPricePoint } from '@spotopt/cloud';
import type { Ec2Child } from './ec2-child.js';

/** Spot prices through the helper process, as one page. */
export class ChildSpotMarket extends SpotMarket {
  constructor(private readonly child: Ec2Child) {
    super();
  }

  override async *priceHistory(query: PriceHistoryQuery): AsyncIterable<readonly SpotPricePoint[]> {
    yield (await this.child.call('priceHistory', [query])) as readonly SpotPricePoint[];
  }

  override async offerings(instanceTypes: readonly string[]): Promise<readonly Offering[]> {
    return (await this.child.call('offerings', [instanceTypes])) as readonly Offering[];
  }
}
