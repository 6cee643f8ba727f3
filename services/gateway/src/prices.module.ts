import type { Provider } from '@nestjs/common';
import type { Clock } from '@spotopt/kernel';
import { AgentDirectory } from './agents/ports.js';
import type { ServiceRequests } from './ports.js';
import { ClientPricingHistory } from './prices/client-pricing-history.js';
import { InstanceMetrics } from './prices/instance-metrics.js';
import { InstanceOptions } from './prices/instance-options.js';
import { InstancePricesController } from './prices/instance-prices.controller.js';
import { InstancePrices } from './prices/instance-prices.js';
import { PoolsController } from './prices/pools.controller.js';
import { ReadMarket } from './prices/read-market.js';
import { ReadPoolRisk } from './risk/read-pool-risk.js';
import { RiskController } from './risk/risk.controller.js';
import { ReadTrainingFile } from './training/read-training-file.js';
import { TrainingController } from './training/training.controller.js';

export const PRICE_CONTROLLERS = [
  InstancePricesController,
  PoolsController,
  RiskController,
  TrainingController,
];

/** What shows prices and risks of pools, and what is learned from them. */
export function priceProviders(base: { requests: ServiceRequests; clock: Clock }): Provider[] {
  const market = new ReadMarket(base.requests);
  const risks = new ReadPoolRisk(base.requests);
  const parts = { ...base, market, risks };
  return [
    { provide: ReadMarket, useValue: market },
    { provide: ReadPoolRisk, useValue: risks },
    { provide: ReadTrainingFile, useValue: new ReadTrainingFile(base.requests) },
    { provide: InstancePrices, useValue: new InstancePrices(parts) },
    { provide: InstanceOptions, useValue: new InstanceOptions(parts) },
    { provide: InstanceMetrics, useValue: new InstanceMetrics(parts) },
    {
      provide: ClientPricingHistory,
      useFactory: (directory: AgentDirectory) => new ClientPricingHistory({ ...parts, directory }),
      inject: [AgentDirectory],
    },
  ];
}
