import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { type EventOf, SpotPriceChangedV1 } from '@spotopt/contracts';
import { UnitOfWork } from '@spotopt/kernel';
import { OnEvent } from '@spotopt/messaging';
import { PriceStore } from './ports.js';

@Controller()
export class PriceConsumer {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly prices: PriceStore,
  ) {}

  @OnEvent(SpotPriceChangedV1, { subscription: 'spot-price-changed', prefetch: 50 })
  async onPriceChanged(@Payload() event: EventOf<typeof SpotPriceChangedV1>): Promise<void> {
    const { poolId, spotUsdPerHour, observedAt } = event.data;
    await this.uow.run((tx) =>
      this.prices.add(tx, poolId, { usdPerHour: spotUsdPerHour, observedAtMs: Date.parse(observedAt) }),
    );
  }
}
