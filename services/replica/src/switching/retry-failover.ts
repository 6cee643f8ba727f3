import { backoffMs, type Tx } from '@spotopt/kernel';
import type { FleetStore, Instance, UseCaseDeps } from '../fleet/index.js';
import { isGoneForGood, lastHeardMs } from './machine-gone.js';
import type { SwitchStore } from './ports.js';
import { bestStandby, type StartFailover } from './start-failover.js';
import { isEmergency, type Switch } from './switch.js';

const RETRY = { initialMs: 10_000, maxMs: 5 * 60_000 };
/** A failed switch is looked at for this long; each new attempt begins the time anew. */
export const RETRY_WINDOW_MS = 60 * 60_000;
/** A machine that was heard of within this time may take the workload back. */
const ALIVE_MS = 95_000;

/**
 * What follows a failed switch. An emergency starts anew, ever more slowly, as long as the old machine may still
 * be there to launch another one. A new primary that never confirmed is replaced, by a standby or by the old
 * primary that still waits.
 */
export class RetryFailover {
  constructor(
    private readonly deps: UseCaseDeps,
    private readonly ports: {
      readonly fleet: FleetStore;
      readonly switches: SwitchStore;
      readonly startFailover: StartFailover;
    },
    private readonly silentAfterMs: number,
  ) {}

  /** @returns the switch to drive on, or null when there is nothing to try (yet) */
  execute(switchId: string): Promise<string | null> {
    return this.deps.uow.run(async (tx) => {
      const failed = await this.#newest(tx, switchId);
      if (failed?.status !== 'failed') return null;
      const agent = await this.ports.fleet.findAgent(tx, failed.agentId);
      if (agent === null || agent.status === 'deleted' || !agent.settings.enabled) return null;
      const primary = await this.ports.fleet.findPrimary(tx, agent.id);
      if (primary === null) return null;
      const to = await this.#target(tx, failed, primary);
      if (to === null) return null;
      const { incidentId, reclaimAt, correlationId } = failed;
      const sw = await this.ports.startFailover.start(tx, {
        agent,
        primary,
        incident: incidentId === null ? null : { incidentId, reclaimAt },
        correlationId,
        ...(to === 'any' ? {} : { to }),
      });
      return sw.id;
    });
  }

  /** The switch, unless another one followed it. */
  async #newest(tx: Tx, switchId: string): Promise<Switch | null> {
    const sw = await this.ports.switches.find(tx, switchId);
    if (sw === null) return null;
    const { agentId } = sw;
    const { switches } = await this.ports.switches.list(tx, { agentId }, { limit: 1, offset: 0 });
    return switches[0]?.id === sw.id ? sw : null;
  }

  async #target(tx: Tx, failed: Switch, primary: Instance): Promise<Instance | 'any' | null> {
    if (failed.epochAfter === null) {
      const wanted = isEmergency(failed) && primary.id === failed.fromInstanceId;
      return wanted && (await this.#isDue(tx, failed, primary)) ? 'any' : null;
    }
    const neverConfirmed =
      primary.id === failed.toInstanceId && (primary.confirmedEpoch ?? 0) < failed.epochAfter;
    return neverConfirmed ? this.#replacement(tx, failed, primary) : null;
  }

  async #isDue(tx: Tx, failed: Switch, primary: Instance): Promise<boolean> {
    const nowMs = this.deps.clock.nowMs();
    const { silentAfterMs } = this;
    if (isGoneForGood(primary, failed.reclaimAt, { nowMs, silentAfterMs })) return false;
    const since = new Date(nowMs - RETRY_WINDOW_MS);
    const failures = await this.ports.switches.countFailedFrom(tx, primary, since);
    if (failures <= 1) return true;
    return nowMs - (failed.finishedAt?.getTime() ?? nowMs) >= backoffMs(failures - 1, RETRY, 0);
  }

  /** Nothing can be launched by a primary that does not answer, so only what already runs is of use. */
  async #replacement(tx: Tx, failed: Switch, primary: Instance): Promise<Instance | null> {
    const standby = await bestStandby(tx, this.ports.fleet, primary);
    if (standby?.state === 'ready') return standby;
    const old = await this.ports.fleet.findInstance(tx, failed.fromInstanceId);
    const nowMs = this.deps.clock.nowMs();
    if (old?.state !== 'zombie' || failed.reclaimAt !== null) return null;
    if (nowMs - lastHeardMs(old) > ALIVE_MS) return null;
    return this.ports.fleet.updateInstance(tx, old, 'ready', {
      replicaType: 'switch',
      readyAt: new Date(nowMs),
      zombieSince: null,
      terminationRequestedAt: null,
    });
  }
}
