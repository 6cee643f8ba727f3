import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  AgentRegisteredV1,
  type EventOf,
  InstanceRoleChangedV1,
  InterruptionDetectedV1,
  PricesReadV1,
  ReplicaFailedV1,
  SpotPriceChangedV1,
} from '@spotopt/contracts';
import { OnEvent } from '@spotopt/messaging';
import { FollowMarket } from './follow-market.js';
import type { MachinePlacement } from './ports.js';

@Controller()
export class MarketConsumer {
  constructor(private readonly followMarket: FollowMarket) {}

  @OnEvent(SpotPriceChangedV1, { subscription: 'price-changed', prefetch: 50 })
  async onPriceChanged(@Payload() event: EventOf<typeof SpotPriceChangedV1>): Promise<void> {
    const { spotUsdPerHour, observedAt, ...rest } = event.data;
    await this.followMarket.priceChanged(event.id, {
      poolId: rest.poolId,
      region: rest.region,
      az: rest.az,
      instanceType: rest.instanceType,
      usdPerHour: spotUsdPerHour,
      observedAt: new Date(observedAt),
      onDemandUsdPerHour: rest.onDemandUsdPerHour,
      onDemandSource: rest.onDemandSource,
      advisorBucket: null,
      placementScore: null,
    });
  }

  @OnEvent(PricesReadV1, { subscription: 'prices-read' })
  async onPricesRead(@Payload() event: EventOf<typeof PricesReadV1>): Promise<void> {
    const { region, instanceTypes, readUntil } = event.data;
    const markets = instanceTypes.map((instanceType) => ({ region, instanceType }));
    await this.followMarket.pricesRead(event.id, markets, new Date(readUntil));
  }

  @OnEvent(AgentRegisteredV1, { subscription: 'machine-registered' })
  async onRegistered(@Payload() event: EventOf<typeof AgentRegisteredV1>): Promise<void> {
    const { placement, primary } = event.data;
    const placements = [placement, primary].flatMap((machine) => placedAt(machine, event.time));
    await this.followMarket.machinesPlaced(event.id, placements);
  }

  @OnEvent(InstanceRoleChangedV1, { subscription: 'machine-role-changed' })
  async onRoleChanged(@Payload() event: EventOf<typeof InstanceRoleChangedV1>): Promise<void> {
    await this.followMarket.machinesPlaced(event.id, placedAt(event.data.placement, event.time));
  }

  @OnEvent(InterruptionDetectedV1, { subscription: 'interruption-detected' })
  async onInterruption(@Payload() event: EventOf<typeof InterruptionDetectedV1>): Promise<void> {
    const { incidentId, ec2InstanceId, urgency, detectedAt } = event.data;
    const seen = { incidentId, ec2InstanceId, at: new Date(detectedAt) };
    if (urgency === 'terminate') await this.followMarket.interrupted(event.id, seen);
    else await this.followMarket.recommended(event.id, seen);
  }

  @OnEvent(ReplicaFailedV1, { subscription: 'replica-failed' })
  async onReplicaFailed(@Payload() event: EventOf<typeof ReplicaFailedV1>): Promise<void> {
    // Marks hold for all tenants: a standby that somebody gave up says nothing about its pool.
    const { refused, mode, poolId } = event.data;
    if (refused !== true || mode === 'ondemand') return;
    await this.followMarket.launchFailed(event.id, {
      poolId,
      at: new Date(event.time),
    });
  }
}

function placedAt(
  machine: { ec2InstanceId: string | null; poolId: string; mode: string } | null,
  time: string,
): MachinePlacement[] {
  if (machine === null || machine.ec2InstanceId === null) return [];
  const { ec2InstanceId, poolId, mode } = machine;
  return [{ ec2InstanceId, poolId, mode, seenAt: new Date(time) }];
}
