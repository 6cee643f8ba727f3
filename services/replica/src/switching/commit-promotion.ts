import { CommandPriority, ReplicaPromotedV1, type ReplicaType } from '@spotopt/contracts';
import { AppError, type Tx } from '@spotopt/kernel';
import {
  type Agent,
  type CommandAgent,
  DEMOTED,
  FleetEvents,
  type FleetStore,
  type Instance,
  type InstanceState,
  replicaFacts,
  type UseCaseDeps,
} from '../fleet/index.js';
import type { PoolStore } from '../pools/index.js';
import type { Switch } from './switch.js';
import type { SwitchProgress } from './switch-progress.js';

const PROMOTE_VALID_FOR_MS = 10 * 60_000;

export interface Promotion {
  readonly agent: Agent;
  readonly from: Instance;
  readonly to: Instance;
  readonly fenced: boolean;
  readonly detail: string;
}

/**
 * The one place where a workload gets another primary. In a single transaction: the old one is demoted, the
 * standby promoted, the epoch raised, and every message that makes it so is put into the outbox. The unique
 * index on the PRIMARY refuses whatever gets past the guards.
 */
export class CommitPromotion {
  readonly #events: FleetEvents;

  constructor(
    private readonly deps: UseCaseDeps,
    private readonly ports: {
      readonly fleet: FleetStore;
      readonly pools: PoolStore;
      readonly commands: CommandAgent;
      readonly progress: SwitchProgress;
    },
  ) {
    this.#events = new FleetEvents(deps.ids, deps.clock);
  }

  async execute(tx: Tx, sw: Switch, promotion: Promotion): Promise<Switch> {
    const { fleet, commands, progress } = this.ports;
    const now = this.deps.clock.now();
    const promoting =
      promotion.to.state === 'ready'
        ? await fleet.updateInstance(tx, promotion.to, 'promoting')
        : promotion.to;
    // Demote before promote: uniqueness of the PRIMARY is checked row by row.
    const demoted = await this.#demote(tx, sw, promotion.from, now);
    const promoted = await fleet.updateInstance(tx, promoting, 'primary', { promotedAt: now });
    const agent = await fleet.updateAgent(tx, promotion.agent, {
      epoch: promotion.agent.epoch + 1,
      instanceType: promoted.instanceType,
      region: promoted.region,
      status: 'online',
      // The new machine has this long to send its first heartbeat before silence counts.
      lastHeartbeatAt: now,
    });
    const primaries = await fleet.countPrimaries(tx, agent.id);
    if (primaries !== 1) {
      throw AppError.bug('primary-count', `agent ${agent.id} would have ${String(primaries)} primaries`);
    }
    await this.deps.outbox.add(
      tx,
      this.#events.of(
        ReplicaPromotedV1,
        agent.id,
        {
          ...replicaFacts(promoted),
          ec2InstanceId: requireEc2Id(promoted),
          oldInstanceId: promotion.from.id,
          oldEc2InstanceId: promotion.from.ec2InstanceId,
          switchId: sw.id,
          trigger: sw.trigger,
          epoch: agent.epoch,
          primariesAfterCommit: primaries,
        },
        { correlation: sw.correlationId },
      ),
      ...(demoted.state === promotion.from.state
        ? []
        : [this.#events.roleChanged(agent, promotion.from, demoted, reasonOf(sw))]),
      this.#events.roleChanged(agent, promotion.to, promoted, reasonOf(sw)),
    );
    const promoteCommandId = await commands.send(tx, {
      agent,
      on: promoted,
      body: { commandType: 'promote', switchId: sw.id },
      priority: CommandPriority.emergency,
      validForMs: PROMOTE_VALID_FOR_MS,
      correlation: sw.correlationId,
    });
    return progress.advance(tx, sw, 'confirm', {
      outcome: promotion.fenced ? 'done' : 'skipped',
      detail: promotion.detail,
      patch: { epochAfter: agent.epoch, promoteCommandId, ...(await this.#prices(tx, promotion)) },
    });
  }

  async #demote(tx: Tx, sw: Switch, from: Instance, now: Date): Promise<Instance> {
    if (from.state !== 'primary') return from;
    if (!sw.demoteOldPrimary) {
      return this.ports.fleet.updateInstance(tx, from, 'zombie', { zombieSince: now });
    }
    return this.ports.fleet.updateInstance(tx, from, 'ready', {
      replicaType: await this.#standbyType(tx, from),
      createdBy: DEMOTED,
      syncStatus: 'synced',
      stateTransferProgress: 100,
      readyAt: now,
      // As a standby it has not been promoted yet.
      promotedAt: null,
    });
  }

  /** The manual standby if manual mode lacks one; else one that is kept until a person gives it up. */
  async #standbyType(tx: Tx, from: Instance): Promise<ReplicaType> {
    const agent = await this.ports.fleet.findAgent(tx, from.agentId);
    const states: InstanceState[] = ['launching', 'syncing', 'ready'];
    const standbys = await this.ports.fleet.listInstances(tx, { agentId: from.agentId, states });
    const isWanted =
      agent?.settings.manualReplicaEnabled === true &&
      !standbys.some((standby) => standby.replicaType === 'manual');
    return isWanted ? 'manual' : 'switch';
  }

  async #prices(
    tx: Tx,
    { from, to }: Promotion,
  ): Promise<Pick<Switch, 'oldUsdPerHour' | 'newUsdPerHour' | 'onDemandUsdPerHour'>> {
    const [oldPool, newPool] = [
      await this.ports.pools.find(tx, from.poolId),
      await this.ports.pools.find(tx, to.poolId),
    ];
    const onDemand = newPool?.onDemandUsdPerHour ?? oldPool?.onDemandUsdPerHour ?? null;
    const priceOf = (instance: Instance, spot: number | undefined): number | null =>
      instance.mode === 'ondemand' ? onDemand : (spot ?? null);
    return {
      oldUsdPerHour: priceOf(from, oldPool?.spotUsdPerHour),
      newUsdPerHour: priceOf(to, newPool?.spotUsdPerHour),
      onDemandUsdPerHour: onDemand,
    };
  }
}

function requireEc2Id(instance: Instance): string {
  if (instance.ec2InstanceId === null) {
    throw AppError.permanent('standby-without-instance', `standby ${instance.id} has no EC2 instance`);
  }
  return instance.ec2InstanceId;
}

function reasonOf(sw: Switch): { reason: string; correlation: string } {
  return { reason: `${sw.trigger}: ${sw.reason}`, correlation: sw.correlationId };
}
