import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  type EventOf,
  InstanceRoleChangedV1,
  InstanceTerminatedV1,
  ReplicaFailedV1,
  ReplicaPromotedV1,
  ReplicaReadyV1,
  ReplicaRequestedV1,
} from '@spotopt/contracts';
import type { Inbox, UnitOfWork } from '@spotopt/kernel';
import { OnEvent } from '@spotopt/messaging';
import type { StandbyNews, StandbyStore } from './ports.js';

export interface FollowStandbysDeps {
  readonly uow: UnitOfWork;
  readonly inbox: Inbox;
  readonly standbys: StandbyStore;
}

/** Keeps which standbys a workload has. */
export class FollowStandbys {
  constructor(private readonly deps: FollowStandbysDeps) {}

  async execute(messageId: string, news: StandbyNews): Promise<void> {
    const { uow, inbox, standbys } = this.deps;
    await uow.run(async (tx) => {
      if (!(await inbox.claim(tx, 'decision.follow-standbys', messageId))) return;
      await standbys.tell(tx, news);
    });
  }
}

type Told = EventOf<
  typeof ReplicaRequestedV1 | typeof ReplicaReadyV1 | typeof ReplicaPromotedV1 | typeof ReplicaFailedV1
>;

@Controller()
export class StandbyConsumer {
  constructor(private readonly follow: FollowStandbys) {}

  @OnEvent(ReplicaRequestedV1, { subscription: 'standby-requested' })
  onRequested(@Payload() event: EventOf<typeof ReplicaRequestedV1>): Promise<void> {
    return this.#tell(event, 'requested');
  }

  @OnEvent(ReplicaReadyV1, { subscription: 'standby-ready' })
  onReady(@Payload() event: EventOf<typeof ReplicaReadyV1>): Promise<void> {
    return this.#tell(event, 'ready');
  }

  @OnEvent([ReplicaPromotedV1, ReplicaFailedV1], { subscription: 'standby-ended' })
  onEnded(
    @Payload() event: EventOf<typeof ReplicaPromotedV1> | EventOf<typeof ReplicaFailedV1>,
  ): Promise<void> {
    return this.#tell(event, 'ended');
  }

  /** A machine that was nobody's standby, or had been one before it became the primary. */
  @OnEvent(InstanceRoleChangedV1, { subscription: 'standby-demoted' })
  async onRoleChanged(@Payload() event: EventOf<typeof InstanceRoleChangedV1>): Promise<void> {
    const { agentId, from, to, placement } = event.data;
    if (from !== 'PRIMARY' || to !== 'REPLICA') return;
    const { instanceId: replicaId, poolId, mode } = placement;
    await this.follow.execute(event.id, {
      ...{ agentId, replicaId, poolId, mode: mode === 'ondemand' ? 'ondemand' : 'spot' },
      ...{ advised: false, step: 'demoted', at: new Date(event.time) },
    });
  }

  /** Also without our command: AWS or a person ended it, or its agent says that it is gone. */
  @OnEvent(InstanceTerminatedV1, { subscription: 'standby-terminated' })
  async onTerminated(@Payload() event: EventOf<typeof InstanceTerminatedV1>): Promise<void> {
    const { agentId, instanceId, lastRole } = event.data;
    if (lastRole === 'PRIMARY') return;
    await this.follow.execute(event.id, {
      ...{ agentId, replicaId: instanceId, poolId: null, mode: 'spot' },
      ...{ advised: false, step: 'ended', at: new Date(event.time) },
    });
  }

  async #tell(event: Told, step: StandbyNews['step']): Promise<void> {
    const { agentId, replicaId, poolId, mode, advised = false } = event.data;
    const known = mode === 'ondemand' ? 'ondemand' : 'spot';
    await this.follow.execute(event.id, {
      agentId,
      replicaId,
      poolId,
      mode: known,
      advised,
      step,
      at: new Date(event.time),
    });
  }
}
