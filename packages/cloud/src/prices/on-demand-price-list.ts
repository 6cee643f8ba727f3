/** AWS's published on-demand prices: Linux without licences, shared tenancy, USD per hour. */
export abstract class OnDemandPriceList {
  /**
   * Prices of the given types in a region. A type that the list does not have, or prices in another currency
   * (China), is left out: unknown, not free.
   * @throws AppError `access-denied` without `pricing:GetProducts`; `throttled` and `cloud-unavailable` (transient)
   */
  abstract prices(region: string, instanceTypes: readonly string[]): Promise<ReadonlyMap<string, number>>;
}

/**
 * The Price List service exists in few regions, each of which answers for every region of its partition; the mapping
 * is Karpenter's. GovCloud has none: its credentials are refused by the one that is asked.
 */
export function priceListRegionOf(region: string): string {
  if (region.startsWith('ap-')) return 'ap-south-1';
  if (region.startsWith('eu-')) return 'eu-central-1';
  if (region.startsWith('cn-')) return 'cn-northwest-1';
  return 'us-east-1';
}
