import { newestPrices } from '@spotopt/cloud';
import type { InstanceIdentity, SpotMarket } from '@spotopt/cloud';
import type { Clock } from '@spotopt/kernel';
import type { Gateway, WireMode } from '../gateway/gateway.js';

export interface ReportPricesDeps {
  readonly clock: Clock;
  readonly spotMarket: SpotMarket;
  readonly gateway: Gateway;
  readonly agentKey: () => string;
  readonly identity: () => InstanceIdentity;
}

export function toWireMode(market: InstanceIdentity['market']): WireMode {
  return market === 'on-demand' ? 'ondemand' : market;
}

/** Reads the present spot price of the own instance type in every zone of the region, and reports it. */
export class ReportPrices {
  constructor(private readonly deps: ReportPricesDeps) {}

  async execute(): Promise<void> {
    const { clock, spotMarket, gateway, agentKey, identity } = this.deps;
    const self = identity();
    const collectedAt = clock.now();
    // A history that starts now holds the price in force of every pool.
    const prices = await newestPrices(
      spotMarket.priceHistory({ instanceTypes: [self.instanceType], startTime: collectedAt }),
    );
    await gateway.reportPrices(agentKey(), {
      ec2InstanceId: self.ec2InstanceId,
      instanceType: self.instanceType,
      region: self.region,
      az: self.az,
      mode: toWireMode(self.market),
      pools: prices.map(({ az, usdPerHour }) => ({ az, usdPerHour })),
      collectedAt,
    });
  }
}
