import { Param } from '@nestjs/common';
import type { BodyOf, QueryOf, ResponseOf } from '@spotopt/contracts/http';
import {
  AvailableOptionsRoute,
  ClientPricingHistoryRoute,
  InstanceMetricsRoute,
  InstancePriceHistoryRoute,
  InstancePricingRoute,
  PoolVolatilityRoute,
  SimulateSwitchRoute,
} from '@spotopt/contracts/http';
import { FindInstance } from '../agents/find-instance.js';
import type { Caller } from '../caller.js';
import { BodyFor, By, QueryFor, Routes, Serves } from '../route.js';
import { ClientPricingHistory } from './client-pricing-history.js';
import { InstanceMetrics } from './instance-metrics.js';
import { InstanceOptions } from './instance-options.js';
import { InstancePrices } from './instance-prices.js';

@Routes()
export class InstancePricesController {
  constructor(
    private readonly findInstance: FindInstance,
    private readonly prices: InstancePrices,
    private readonly options: InstanceOptions,
    private readonly instanceMetrics: InstanceMetrics,
    private readonly clientHistory: ClientPricingHistory,
  ) {}

  @Serves(InstancePricingRoute)
  async pricing(
    @By() caller: Caller,
    @Param('instanceId') instanceId: string,
    @QueryFor(InstancePricingRoute) query: QueryOf<typeof InstancePricingRoute>,
  ): Promise<ResponseOf<typeof InstancePricingRoute>> {
    return this.prices.pricing(await this.findInstance.execute(caller, instanceId), query.hours);
  }

  @Serves(InstancePriceHistoryRoute)
  async history(
    @By() caller: Caller,
    @Param('instanceId') instanceId: string,
    @QueryFor(InstancePriceHistoryRoute) query: QueryOf<typeof InstancePriceHistoryRoute>,
  ): Promise<ResponseOf<typeof InstancePriceHistoryRoute>> {
    return this.prices.history(await this.findInstance.execute(caller, instanceId), query);
  }

  @Serves(InstanceMetricsRoute)
  async metrics(
    @By() caller: Caller,
    @Param('instanceId') instanceId: string,
  ): Promise<ResponseOf<typeof InstanceMetricsRoute>> {
    return this.instanceMetrics.execute(await this.findInstance.execute(caller, instanceId));
  }

  @Serves(AvailableOptionsRoute)
  async available(
    @By() caller: Caller,
    @Param('instanceId') instanceId: string,
  ): Promise<ResponseOf<typeof AvailableOptionsRoute>> {
    return this.options.available(await this.findInstance.execute(caller, instanceId));
  }

  @Serves(PoolVolatilityRoute)
  async volatility(
    @By() caller: Caller,
    @Param('instanceId') instanceId: string,
  ): Promise<ResponseOf<typeof PoolVolatilityRoute>> {
    return this.options.volatility(await this.findInstance.execute(caller, instanceId));
  }

  @Serves(SimulateSwitchRoute)
  async simulate(
    @By() caller: Caller,
    @Param('instanceId') instanceId: string,
    @BodyFor(SimulateSwitchRoute) body: BodyOf<typeof SimulateSwitchRoute>,
  ): Promise<ResponseOf<typeof SimulateSwitchRoute>> {
    const instance = await this.findInstance.execute(caller, instanceId);
    return { simulation: await this.options.simulate(instance, body) };
  }

  @Serves(ClientPricingHistoryRoute)
  async ofClient(
    @By() caller: Caller,
    @QueryFor(ClientPricingHistoryRoute) query: QueryOf<typeof ClientPricingHistoryRoute>,
  ): Promise<ResponseOf<typeof ClientPricingHistoryRoute>> {
    return this.clientHistory.execute(caller, query);
  }
}
