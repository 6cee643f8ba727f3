import {
  AwsOnDemandPriceList,
  Ec2Connection,
  Ec2PlacementScores,
  Ec2SpotMarket,
  HttpSpotAdvisor,
} from '@spotopt/cloud';
import { awsAccessOf } from '@spotopt/platform';
import type { PricingConfig } from '../config.js';
import { AwsOfferings } from '../offerings/offerings.client.js';
import type { MarketSources } from './ports.js';

/**
 * AWS as it is configured. With another endpoint for EC2 than AWS's own, what has an endpoint of its own is off until
 * that is given too: a simulated region must not be mixed with real prices.
 */
export function awsMarketSources(config: PricingConfig): MarketSources {
  const access = awsAccessOf(config);
  const connections = new Map<string, Ec2Connection>();
  const connectionTo = (region: string): Ec2Connection => {
    const connection = connections.get(region) ?? new Ec2Connection({ region, ...access });
    connections.set(region, connection);
    return connection;
  };
  const isReal = access.endpoint === undefined;
  const { priceListEndpoint, spotAdvisorUrl } = config;
  return {
    priceList:
      config.priceListEnabled && (isReal || priceListEndpoint !== undefined)
        ? new AwsOnDemandPriceList({ ...access, endpoint: priceListEndpoint })
        : null,
    advisor:
      config.spotAdvisorEnabled && (isReal || spotAdvisorUrl !== undefined)
        ? new HttpSpotAdvisor({ url: spotAdvisorUrl })
        : null,
    scores: config.placementScoresEnabled ? new Ec2PlacementScores(connectionTo) : null,
    offerings: config.offeringsEnabled
      ? new AwsOfferings((region) => new Ec2SpotMarket(connectionTo(region)))
      : null,
  };
}
