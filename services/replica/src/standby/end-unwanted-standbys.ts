import type { EventOf, InterruptionExpiredV1 } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import {
  ADVISED,
  DEMOTED,
  type FleetStore,
  type Instance,
  type Standbys,
  STANDBY_STATES,
  UNASKED,
  type UseCaseDeps,
} from '../fleet/index.js';
import type { SwitchStore } from '../switching/ports.js';

const HOUR_MS = 3_600_000;
/** What a failover or a planned switch launched and then did not use. */
const SPARE_FOR_MS = 2 * HOUR_MS;
/** A warmed standby goes with its incident (CT-56); this only catches the incident whose end was never heard of. */
const WARM_FOR_MS = 24 * HOUR_MS;
const FORGET_SILENT_MS = 24 * HOUR_MS;

/** Ends standbys that nobody waits for any more, so that none costs money for ever. */
export class EndUnwantedStandbys {
  constructor(
    private readonly deps: UseCaseDeps,
    private readonly ports: {
      readonly fleet: FleetStore;
      readonly switches: SwitchStore;
      readonly standbys: Standbys;
    },
  ) {}

  /** The recommendation that warmed a standby passed without a notice. */
  incidentExpired(event: EventOf<typeof InterruptionExpiredV1>): Promise<void> {
    const { agentId } = event.data;
    return this.deps.uow.run(async (tx) => {
      const standbys = await this.ports.fleet.listInstances(tx, { agentId, states: STANDBY_STATES });
      for (const standby of standbys.filter(({ replicaType }) => replicaType === 'automatic-rebalance')) {
        await this.#end(tx, standby, 'the recommendation expired');
      }
    });
  }

  async sweep(): Promise<void> {
    const standbys = await this.deps.uow.read((tx) =>
      this.ports.fleet.listInstances(tx, { states: ['syncing', 'ready'] }),
    );
    for (const { id } of standbys.filter((standby) => this.#isDue(standby))) {
      await this.deps.uow.run(async (tx) => {
        const standby = await this.ports.fleet.findInstance(tx, id);
        if (standby !== null && this.#isDue(standby)) await this.#end(tx, standby, 'no longer needed');
      });
    }
    for (const { id, agentId } of replaced(standbys)) {
      await this.deps.uow.run(async (tx) => {
        const living = await this.ports.fleet.listInstances(tx, { agentId, states: STANDBY_STATES });
        const standby = replaced(living).find((one) => one.id === id);
        if (standby !== undefined)
          await this.#end(tx, standby, 'the standby that the engine wants instead is ready');
      });
    }
  }

  #isDue(standby: Instance): boolean {
    const nowMs = this.deps.clock.nowMs();
    if (standby.createdBy === UNASKED) {
      const lastHeardAt = standby.lastHeartbeatAt ?? standby.createdAt;
      return nowMs - lastHeardAt.getTime() > FORGET_SILENT_MS;
    }
    if (standby.replicaType === 'manual' || [DEMOTED, ADVISED].includes(standby.createdBy)) return false;
    const limitMs = standby.replicaType === 'automatic-rebalance' ? WARM_FOR_MS : SPARE_FOR_MS;
    return nowMs - standby.createdAt.getTime() > limitMs;
  }

  async #end(tx: Tx, standby: Instance, reason: string): Promise<void> {
    const { fleet, switches, standbys } = this.ports;
    if (!STANDBY_STATES.includes(standby.state) || standby.state === 'promoting') return;
    if ((await switches.findRunning(tx, standby.agentId))?.toInstanceId === standby.id) return;
    if (standby.createdBy === UNASKED) {
      // Not ours to terminate. If it speaks again, it registers again.
      if (this.#isDue(standby)) await standbys.forget(tx, standby);
      return;
    }
    const agent = await fleet.findAgent(tx, standby.agentId);
    // Manual mode wants a standby, and this one serves as well as another.
    if (agent?.settings.manualReplicaEnabled === true) return;
    await standbys.giveUp(tx, standby, { reason });
  }
}

/** Standbys that the engine asked for, of workloads that have a ready one which it asked for later or which is kept anyway. */
function replaced(standbys: readonly Instance[]): Instance[] {
  return [...Map.groupBy(standbys, ({ agentId }) => agentId).values()].flatMap((ofWorkload) =>
    ofWorkload.filter(
      (one) =>
        one.createdBy === ADVISED &&
        ofWorkload.some((other) => other.state === 'ready' && takesTheRoleOf(other, one)),
    ),
  );
}

function takesTheRoleOf(other: Instance, { createdAt }: Instance): boolean {
  if (other.createdBy === ADVISED) return other.createdAt > createdAt;
  return other.replicaType === 'manual' || other.createdBy === DEMOTED;
}
