import type { SpotMarket } from '@spotopt/cloud';
import { type Offering, Offerings } from './ports.js';

/** Offerings of AWS, region by region. */
export class AwsOfferings extends Offerings {
  constructor(private readonly marketOf: (region: string) => SpotMarket) {
    super();
  }

  override offered(region: string, instanceTypes: readonly string[]): Promise<readonly Offering[]> {
    return this.marketOf(region).offerings(instanceTypes);
  }
}
