import type { Filter } from '@aws-sdk/client-pricing';
import { type AwsSettings, PricingConnection } from '../aws-client.js';
import { toCloudError } from '../aws-errors.js';
import { OnDemandPriceList, priceListRegionOf } from './on-demand-price-list.js';
import { parsePriceListEntry } from './price-list-entry.js';

const match = (Field: string, Value: string): Filter => ({ Type: 'TERM_MATCH', Field, Value });

/** What is left of a type's many products is the plain machine by the hour. */
function filtersOf(region: string, instanceType: string): Filter[] {
  return [
    match('regionCode', region),
    match('instanceType', instanceType),
    match('operatingSystem', 'Linux'),
    match('preInstalledSw', 'NA'),
    match('capacitystatus', 'Used'),
    match('tenancy', 'Shared'),
    match('marketoption', 'OnDemand'),
  ];
}

/** The Price List service (`GetProducts`), which is asked type by type: its filters take one value each. */
export class AwsOnDemandPriceList extends OnDemandPriceList {
  readonly #connections = new Map<string, PricingConnection>();

  constructor(private readonly settings: Omit<AwsSettings, 'region'>) {
    super();
  }

  override async prices(
    region: string,
    instanceTypes: readonly string[],
  ): Promise<ReadonlyMap<string, number>> {
    const prices = new Map<string, number>();
    for (const instanceType of new Set(instanceTypes)) {
      const usdPerHour = await this.#price(region, instanceType);
      if (usdPerHour !== undefined) prices.set(instanceType, usdPerHour);
    }
    return prices;
  }

  async close(): Promise<void> {
    for (const connection of this.#connections.values()) await connection.close();
    this.#connections.clear();
  }

  async #price(region: string, instanceType: string): Promise<number | undefined> {
    const found: number[] = [];
    let token: string | undefined;
    do {
      const page = await this.#page(region, instanceType, token);
      for (const text of page.entries) {
        const listed = parsePriceListEntry(text);
        if (listed?.instanceType === instanceType) found.push(listed.usdPerHour);
      }
      token = page.next === '' ? undefined : page.next;
    } while (token !== undefined);
    return found.length === 0 ? undefined : Math.min(...found);
  }

  async #page(
    region: string,
    instanceType: string,
    token: string | undefined,
  ): Promise<{ entries: string[]; next: string | undefined }> {
    try {
      const { sdk, client } = await this.#connection(priceListRegionOf(region)).open();
      const page = await client.send(
        new sdk.GetProductsCommand({
          ServiceCode: 'AmazonEC2',
          FormatVersion: 'aws_v1',
          Filters: filtersOf(region, instanceType),
          ...(token === undefined ? {} : { NextToken: token }),
        }),
      );
      return { entries: textsOf(page.PriceList), next: page.NextToken };
    } catch (error) {
      throw toCloudError(error, 'GetProducts');
    }
  }

  #connection(region: string): PricingConnection {
    const known = this.#connections.get(region) ?? new PricingConnection({ ...this.settings, region });
    this.#connections.set(region, known);
    return known;
  }
}

/** The SDK wraps each entry into an object that is text only once it is asked for it. */
function textsOf(entries: unknown): string[] {
  return Array.isArray(entries) ? entries.map((entry: unknown) => String(entry)) : [];
}
