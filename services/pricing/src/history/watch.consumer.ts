import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  AgentRegisteredV1,
  type EventOf,
  InstanceRoleChangedV1,
  parsePoolId,
  regionOf,
} from '@spotopt/contracts';
import { OnEvent } from '@spotopt/messaging';
import type { Market } from '../pools/ports.js';
import { WatchMarket } from './watch-market.js';

/** Workloads bring the markets that they run in into play. */
@Controller()
export class WatchConsumer {
  constructor(private readonly watchMarket: WatchMarket) {}

  @OnEvent(AgentRegisteredV1, { subscription: 'markets-registered' })
  async onRegistered(@Payload() event: EventOf<typeof AgentRegisteredV1>): Promise<void> {
    const { region, instanceType, placement } = event.data;
    await this.watchMarket.execute(event.id, [{ region, instanceType }, marketOf(placement.poolId)]);
  }

  @OnEvent(InstanceRoleChangedV1, { subscription: 'markets-role-changed' })
  async onRoleChanged(@Payload() event: EventOf<typeof InstanceRoleChangedV1>): Promise<void> {
    await this.watchMarket.execute(event.id, [marketOf(event.data.placement.poolId)]);
  }
}

function marketOf(poolId: string): Market {
  const { instanceType, az } = parsePoolId(poolId);
  return { region: regionOf(az), instanceType };
}
