import { CommandPriority } from '@spotopt/contracts';
import { backoffMs, type Tx } from '@spotopt/kernel';
import {
  type Agent,
  type FleetStore,
  type Instance,
  type Standbys,
  STANDBY_STATES,
  UNASKED,
  type UseCaseDeps,
} from '../fleet/index.js';
import { choosePool, type PoolStore } from '../pools/index.js';

const RETRY = { initialMs: 60_000, maxMs: 30 * 60_000 };
const FAILURE_WINDOW_MS = 6 * 60 * 60_000;

/**
 * Manual mode wants exactly one standby. Compares what should be with what is, for one agent, and takes one
 * step; called after every event that may have changed either, and by a sweep, so nothing is remembered.
 */
export class KeepStandby {
  constructor(
    private readonly deps: UseCaseDeps,
    private readonly ports: {
      readonly fleet: FleetStore;
      readonly pools: PoolStore;
      readonly standbys: Standbys;
    },
  ) {}

  execute(agentId: string): Promise<void> {
    return this.deps.uow.run(async (tx) => {
      await this.ports.fleet.lockStandbysOf(tx, agentId);
      const agent = await this.ports.fleet.findAgent(tx, agentId);
      if (agent === null) return;
      const standbys = (await this.ports.fleet.listInstances(tx, { agentId, states: STANDBY_STATES })).filter(
        (standby) => standby.createdBy !== UNASKED,
      );
      const manual = standbys.filter((standby) => standby.replicaType === 'manual');
      const wanted = agent.status !== 'deleted' && agent.settings.manualReplicaEnabled;
      if (!wanted) {
        await this.#giveUp(tx, manual, 'manual replica mode is off');
      } else if (manual.length > 1) {
        // Oldest first in the list: the newest stays.
        await this.#giveUp(tx, manual.slice(0, -1), 'more than one manual replica');
      } else if (standbys.length === 0 && agent.settings.enabled) {
        await this.#create(tx, agent);
      }
    });
  }

  /** Every agent that wants a manual standby or has one. */
  async sweep(): Promise<void> {
    const agentIds = await this.deps.uow.read(async (tx) => {
      const wanting = await this.ports.fleet.listAgents(tx, { manualReplicaEnabled: true });
      const standbys = await this.ports.fleet.listInstances(tx, { states: STANDBY_STATES });
      const having = standbys.filter((standby) => standby.replicaType === 'manual');
      return new Set([...wanting.map(({ id }) => id), ...having.map(({ agentId }) => agentId)]);
    });
    for (const agentId of agentIds) await this.execute(agentId);
  }

  async #giveUp(tx: Tx, standbys: readonly Instance[], reason: string): Promise<void> {
    for (const standby of standbys) {
      if (standby.state !== 'promoting') await this.ports.standbys.giveUp(tx, standby, { reason });
    }
  }

  async #create(tx: Tx, agent: Agent): Promise<void> {
    const primary = await this.ports.fleet.findPrimary(tx, agent.id);
    if (primary === null || (await this.#backsOff(tx, agent))) return;
    const choice = choosePool({
      pools: await this.ports.pools.list(tx, primary.region, primary.instanceType),
      blocks: await this.ports.pools.listBlocks(tx, this.deps.clock.now(), agent.clientId),
      primary,
    });
    if (choice === null) return;
    await this.ports.standbys.launch(tx, {
      agent,
      primary,
      ...choice,
      replicaType: 'manual',
      createdBy: 'manual mode',
      priority: CommandPriority.manual,
    });
  }

  /** A standby that keeps failing is retried ever more slowly, else it costs money every few seconds (PR-131). */
  async #backsOff(tx: Tx, agent: Agent): Promise<boolean> {
    const nowMs = this.deps.clock.nowMs();
    const gone = await this.ports.fleet.listInstances(tx, {
      agentId: agent.id,
      states: ['failed', 'zombie', 'terminated'],
    });
    const failures = gone
      .filter((instance) => instance.promotedAt === null && instance.replicaType === 'manual')
      .filter((instance) => instance.failureReason !== null && instance.zombieSince !== null)
      .filter((instance) => instance.failureReason !== 'manual replica mode is off')
      .map((instance) => instance.zombieSince?.getTime() ?? 0)
      .filter((at) => nowMs - at < FAILURE_WINDOW_MS)
      .sort((a, b) => b - a);
    const last = failures[0];
    return last !== undefined && nowMs - last < backoffMs(failures.length, RETRY, 0);
  }
}
