import type { EventOf, StandbyProposedV1 } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import {
  ADVISED,
  type Agent,
  type FleetStore,
  type Instance,
  type Standbys,
  STANDBY_STATES,
  UNASKED,
  type UseCaseDeps,
} from '../fleet/index.js';
import type { PoolStore } from '../pools/index.js';
import type { SwitchStore } from '../switching/ports.js';

export const ADVICE_CONSUMER = 'replica.standby-proposed';

/** Launches and gives up the standby that the decision engine asks for; those that others asked for are not its own. */
export class FollowAdvice {
  constructor(
    private readonly deps: UseCaseDeps,
    private readonly ports: {
      readonly fleet: FleetStore;
      readonly switches: SwitchStore;
      readonly pools: PoolStore;
      readonly standbys: Standbys;
    },
  ) {}

  propose(event: EventOf<typeof StandbyProposedV1>): Promise<void> {
    const { agentId, standby, fromEc2InstanceId, expiresAt, reason } = event.data;
    return this.deps.uow.run(async (tx) => {
      if (!(await this.deps.inbox.claim(tx, ADVICE_CONSUMER, event.id))) return;
      if (Date.parse(expiresAt) <= this.deps.clock.nowMs()) return;
      await this.ports.fleet.lockStandbysOf(tx, agentId);
      const agent = await this.ports.fleet.findAgent(tx, agentId);
      if (agent === null || !mayFollow(agent)) return;
      const primary = await this.#restingPrimary(tx, agentId);
      if (primary === null || primary.ec2InstanceId !== fromEc2InstanceId) return;
      const launches = await this.#makeRoom(tx, agent, { standby, reason });
      if (!launches || standby === null) return;
      await this.ports.standbys.launch(tx, {
        ...{ agent, primary, ...standby },
        replicaType: 'switch',
        createdBy: ADVISED,
        correlation: event.correlation ?? event.data.decisionId,
      });
    });
  }

  /** Gives up what is not wanted any more; answers whether the one that is wanted remains to be launched. */
  async #makeRoom(
    tx: Tx,
    agent: Agent,
    { standby, reason }: Pick<EventOf<typeof StandbyProposedV1>['data'], 'standby' | 'reason'>,
  ): Promise<boolean> {
    const living = await this.#living(tx, agent.id);
    const wanted = living.filter(({ poolId, mode }) => standby?.poolId === poolId && standby.mode === mode);
    const advised = living.filter((one) => one.createdBy === ADVISED && !wanted.includes(one));
    const hasOther = living.length > advised.length;
    if (standby === null || (hasOther && wanted.length === 0)) {
      await this.#giveUp(tx, advised, reason);
      return false;
    }
    if (!hasOther && (await this.#isBlocked(tx, agent, standby))) return false;
    // One that is ready stays until the other one is (EndUnwantedStandbys): nobody is without a standby for a move.
    const unready = advised.filter(({ state }) => state !== 'ready');
    await this.#giveUp(tx, unready, reason);
    return !hasOther;
  }

  /** Settings that no longer let an engine keep a standby end the one that it asked for. */
  settingsChanged(agentId: string): Promise<void> {
    return this.deps.uow.run(async (tx) => {
      const agent = await this.ports.fleet.findAgent(tx, agentId);
      if (agent === null || mayFollow(agent)) return;
      const advised = (await this.#living(tx, agentId)).filter((one) => one.createdBy === ADVISED);
      const running = await this.ports.switches.findRunning(tx, agentId);
      await this.#giveUp(
        tx,
        advised.filter(({ id }) => id !== running?.toInstanceId),
        'the settings do not allow it any more',
      );
    });
  }

  /** Null also while a switch is under way, which decides about machines itself. */
  async #restingPrimary(tx: Tx, agentId: string): Promise<Instance | null> {
    const running = await this.ports.switches.findRunning(tx, agentId);
    return running === null ? this.ports.fleet.findPrimary(tx, agentId) : null;
  }

  async #living(tx: Tx, agentId: string): Promise<Instance[]> {
    const standbys = await this.ports.fleet.listInstances(tx, { agentId, states: STANDBY_STATES });
    return standbys.filter(({ createdBy }) => createdBy !== UNASKED);
  }

  async #giveUp(tx: Tx, standbys: readonly Instance[], reason: string): Promise<void> {
    for (const standby of standbys) {
      if (standby.state !== 'promoting') await this.ports.standbys.giveUp(tx, standby, { reason });
    }
  }

  async #isBlocked(
    tx: Tx,
    { clientId }: Agent,
    standby: { readonly mode: string; readonly poolId: string },
  ): Promise<boolean> {
    if (standby.mode !== 'spot') return false;
    const blocks = await this.ports.pools.listBlocks(tx, this.deps.clock.now(), clientId);
    return blocks.some(({ poolId }) => poolId === standby.poolId);
  }
}

function mayFollow({ status, settings }: Agent): boolean {
  const { enabled, autoSwitchEnabled, autoReplicaEnabled } = settings;
  return status !== 'deleted' && enabled && autoSwitchEnabled && autoReplicaEnabled;
}
