import type { DescribeSpotPriceHistoryCommandInput, SpotPrice, _InstanceType } from '@aws-sdk/client-ec2';
import type { Ec2Connection } from '../aws-client.js';
import { toCloudError } from '../aws-errors.js';
import { LINUX_PRODUCTS, SpotMarket } from './spot-market.js';
import type { Offering, PriceHistoryQuery, SpotPricePoint } from './spot-market.js';

/** Null for a record that has no usable price; AWS sends decimal strings. */
function toPoint(raw: SpotPrice): SpotPricePoint | null {
  const usdPerHour = Number(raw.SpotPrice);
  const { InstanceType, AvailabilityZone, Timestamp } = raw;
  if (InstanceType === undefined || AvailabilityZone === undefined || Timestamp === undefined) return null;
  if (!Number.isFinite(usdPerHour) || usdPerHour <= 0) return null;
  return {
    instanceType: InstanceType,
    az: AvailabilityZone,
    usdPerHour,
    product: raw.ProductDescription ?? '',
    changedAt: Timestamp,
  };
}

function inputOf(query: PriceHistoryQuery): DescribeSpotPriceHistoryCommandInput {
  return {
    ProductDescriptions: [...(query.productDescriptions ?? LINUX_PRODUCTS)],
    StartTime: query.startTime,
    ...(query.endTime === undefined ? {} : { EndTime: query.endTime }),
    ...(query.availabilityZone === undefined ? {} : { AvailabilityZone: query.availabilityZone }),
    ...(query.instanceTypes === undefined
      ? {}
      : { InstanceTypes: query.instanceTypes.map((type) => type as _InstanceType) }),
  };
}

export class Ec2SpotMarket extends SpotMarket {
  constructor(private readonly connection: Ec2Connection) {
    super();
  }

  override async *priceHistory(query: PriceHistoryQuery): AsyncIterable<readonly SpotPricePoint[]> {
    const input = inputOf(query);
    let token: string | undefined;
    do {
      const page = await this.#page(input, token);
      yield (page.SpotPriceHistory ?? []).flatMap((raw) => toPoint(raw) ?? []);
      token = page.NextToken === '' ? undefined : page.NextToken;
    } while (token !== undefined);
  }

  override async offerings(instanceTypes: readonly string[]): Promise<readonly Offering[]> {
    const found: Offering[] = [];
    let token: string | undefined;
    do {
      const page = await this.#offeringsPage(instanceTypes, token);
      for (const { InstanceType, Location } of page.InstanceTypeOfferings ?? []) {
        if (InstanceType !== undefined && Location !== undefined)
          found.push({ instanceType: InstanceType, az: Location });
      }
      token = page.NextToken === '' ? undefined : page.NextToken;
    } while (token !== undefined);
    return found;
  }

  async #page(input: DescribeSpotPriceHistoryCommandInput, token: string | undefined) {
    try {
      const { sdk, client } = await this.connection.open();
      return await client.send(
        new sdk.DescribeSpotPriceHistoryCommand({
          ...input,
          ...(token === undefined ? {} : { NextToken: token }),
        }),
      );
    } catch (error) {
      throw toCloudError(error, 'DescribeSpotPriceHistory');
    }
  }

  async #offeringsPage(instanceTypes: readonly string[], token: string | undefined) {
    try {
      const { sdk, client } = await this.connection.open();
      return await client.send(
        new sdk.DescribeInstanceTypeOfferingsCommand({
          LocationType: 'availability-zone',
          Filters: [{ Name: 'instance-type', Values: [...instanceTypes] }],
          ...(token === undefined ? {} : { NextToken: token }),
        }),
      );
    } catch (error) {
      throw toCloudError(error, 'DescribeInstanceTypeOfferings');
    }
  }
}
