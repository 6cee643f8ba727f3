import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { type EventOf, SpotPriceChangedV1 } from '@spotopt/contracts';
import { UnitOfWork } from '@spotopt/kernel';
import { OnEvent } from '@spotopt/messaging';
import { PoolStore } from './ports.js';

/** Keeps the projection of prices. A price that comes twice or late changes nothing, so no inbox is needed. */
@Controller()
export class PoolConsumer {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly pools: PoolStore,
  ) {}

  @OnEvent(SpotPriceChangedV1, { subscription: 'spot-price-changed', prefetch: 50 })
  async onPriceChanged(@Payload() event: EventOf<typeof SpotPriceChangedV1>): Promise<void> {
    const { poolId, region, az, instanceType, spotUsdPerHour, onDemandUsdPerHour, observedAt } = event.data;
    await this.uow.run((tx) =>
      this.pools.savePrice(tx, {
        poolId,
        region,
        az,
        instanceType,
        spotUsdPerHour,
        onDemandUsdPerHour,
        observedAt: new Date(observedAt),
      }),
    );
  }
}
