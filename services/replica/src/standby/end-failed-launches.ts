import type { CommandCompletedV1, CommandExpiredV1, EventOf } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import { type FleetStore, type Instance, type Standbys, UNASKED, type UseCaseDeps } from '../fleet/index.js';
import { nextBlock, type PoolStore } from '../pools/index.js';

/** Longer than any boot and synchronisation takes; a standby that is not ready by then never will be. */
const READY_WITHIN_MS = 20 * 60_000;

/**
 * Gives up standbys that will not come: their launch failed, expired, or they never got ready. The pool that
 * refused is blocked, so that the next attempt goes elsewhere.
 */
export class EndFailedLaunches {
  constructor(
    private readonly deps: UseCaseDeps,
    private readonly ports: {
      readonly fleet: FleetStore;
      readonly pools: PoolStore;
      readonly standbys: Standbys;
    },
  ) {}

  /** Safe to repeat: a standby that was given up is left as it is. */
  commandFailed(event: EventOf<typeof CommandCompletedV1> | EventOf<typeof CommandExpiredV1>): Promise<void> {
    return this.deps.uow.run(async (tx) => {
      const standby = await this.ports.fleet.findInstanceByLaunchCommand(tx, event.data.commandId);
      if (standby?.state !== 'launching') return;
      // An expired command says something about its agent and nothing about the pool.
      if ('message' in event.data) {
        const { message, result } = event.data;
        await this.#end(tx, standby, { reason: message, refused: isRefusal(result['code'], message) });
      } else await this.ports.standbys.giveUp(tx, standby, { reason: 'the launch expired' });
    });
  }

  async sweep(): Promise<void> {
    const standbys = await this.deps.uow.read((tx) =>
      this.ports.fleet.listInstances(tx, { states: ['launching', 'syncing'] }),
    );
    for (const { id } of standbys) {
      await this.deps.uow.run(async (tx) => {
        const standby = await this.ports.fleet.findInstance(tx, id);
        if (standby?.state !== 'launching' && standby?.state !== 'syncing') return;
        const since = standby.launchedAt ?? standby.createdAt;
        if (standby.createdBy === UNASKED) return;
        if (this.deps.clock.nowMs() - since.getTime() < READY_WITHIN_MS) return;
        await this.#end(tx, standby, { reason: 'not ready in time', refused: false });
      });
    }
  }

  async #end(tx: Tx, standby: Instance, end: { reason: string; refused: boolean }): Promise<void> {
    const { pools, standbys } = this.ports;
    const { reason } = end;
    await standbys.giveUp(tx, standby, end);
    if (standby.mode !== 'spot') return;
    // Somebody whose rights or subnets are missing must not close the pool to everybody.
    const scope = end.refused ? null : standby.clientId;
    const previous = await pools.findBlock(tx, standby.poolId, scope);
    await pools.saveBlock(
      tx,
      nextBlock(standby.poolId, previous, { nowMs: this.deps.clock.nowMs(), reason: reason.slice(0, 200) }),
      scope,
    );
  }
}

/** Agents say a code of ours; older ones quote AWS. Missing rights, subnets or quotas are the tenant's own affair. */
function isRefusal(code: unknown, message: string): boolean {
  if (typeof code === 'string') return /^capacity-|^max-price-too-low$/.test(code);
  return /InsufficientInstanceCapacity|UnfulfillableCapacity|SpotMaxPriceTooLow/.test(message);
}
