import { CommandPriority, ReplicaFailedV1, ReplicaRequestedV1, type ReplicaType } from '@spotopt/contracts';
import { AppError, type Tx } from '@spotopt/kernel';
import type { CommandAgent } from './command-agent.js';
import { FleetEvents } from './fleet-events.js';
import {
  ADVISED,
  type Agent,
  type FleetStore,
  type Instance,
  newMachine,
  STANDBY_STATES,
  type UseCaseDeps,
} from './ports.js';

const LAUNCH_VALID_FOR_MS = 10 * 60_000;
const TERMINATE_VALID_FOR_MS = 10 * 60_000;

export interface StandbyOrder {
  readonly agent: Agent;
  readonly primary: Instance;
  readonly poolId: string;
  readonly mode: 'spot' | 'ondemand';
  readonly replicaType: ReplicaType;
  readonly createdBy: string;
  readonly requestId?: string | null;
  readonly priority?: (typeof CommandPriority)[keyof typeof CommandPriority];
  readonly correlation?: string | null;
}

/**
 * Makes and gives up standbys. The row comes first, so that every machine that may run is known; the primary's
 * agent launches with its own instance profile. An agent that cannot is left to poll the row (v4 agents list
 * standbys that are `launching`).
 */
export class Standbys {
  readonly #events: FleetEvents;

  constructor(
    private readonly deps: UseCaseDeps,
    private readonly fleet: FleetStore,
    private readonly commands: CommandAgent,
  ) {
    this.#events = new FleetEvents(deps.ids, deps.clock);
  }

  async launch(tx: Tx, order: StandbyOrder): Promise<{ instance: Instance; commandId: string | null }> {
    const { agent, primary, poolId } = order;
    if (poolId === primary.poolId && order.mode === 'spot' && primary.mode === 'spot') {
      throw AppError.permanent('standby-beside-primary', `a standby in ${poolId} would die with its primary`);
    }
    const id = this.deps.ids.next();
    const commandId = await this.commands.send(tx, {
      agent,
      on: primary,
      body: { commandType: 'create_replica', replicaId: id, targetMode: order.mode, poolId },
      priority: order.priority ?? CommandPriority.model,
      validForMs: LAUNCH_VALID_FOR_MS,
      correlation: order.correlation ?? null,
    });
    const instance = newMachine({
      id,
      launchCommandId: commandId,
      agentId: agent.id,
      clientId: agent.clientId,
      state: 'launching',
      replicaType: order.replicaType,
      poolId,
      mode: order.mode,
      amiId: primary.amiId,
      createdBy: order.createdBy,
      requestId: order.requestId ?? null,
      createdAt: this.deps.clock.now(),
    });
    await this.fleet.insertInstance(tx, instance);
    await this.deps.outbox.add(
      tx,
      this.#events.of(ReplicaRequestedV1, agent.id, replicaFacts(instance), {
        correlation: order.correlation,
      }),
    );
    return { instance, commandId };
  }

  /**
   * Gives a standby up: its machine, if it has one, is terminated by the primary's agent and stays listed
   * until that is confirmed. Never touches a primary.
   */
  async giveUp(
    tx: Tx,
    standby: Instance,
    options: {
      readonly reason: string;
      readonly correlation?: string | null;
      /** The pool refused the launch; see the event. */
      readonly refused?: boolean;
    },
  ): Promise<Instance> {
    if (!STANDBY_STATES.includes(standby.state)) return standby;
    const now = this.deps.clock.now();
    const ended = await this.fleet.updateInstance(
      tx,
      standby,
      standby.ec2InstanceId === null ? 'failed' : 'zombie',
      { failureReason: options.reason, zombieSince: now, terminationRequestedAt: now },
    );
    await this.deps.outbox.add(
      tx,
      this.#events.of(
        ReplicaFailedV1,
        standby.agentId,
        {
          ...replicaFacts(standby),
          ec2InstanceId: standby.ec2InstanceId,
          reason: options.reason,
          refused: options.refused ?? false,
        },
        { correlation: options.correlation, severity: 'warning' },
      ),
    );
    const agent = await this.fleet.findAgent(tx, standby.agentId);
    const primary = await this.fleet.findPrimary(tx, standby.agentId);
    if (agent !== null && primary !== null) await this.terminateMachine(tx, agent, primary, standby);
    return ended;
  }

  /** One that nobody asked for has fallen silent: nothing of ours is ended, and nobody counts on it any more. */
  async forget(tx: Tx, standby: Instance): Promise<void> {
    await this.fleet.removeInstance(tx, standby);
    const { ec2InstanceId } = standby;
    const gone = { ...replicaFacts(standby), ec2InstanceId, reason: 'it fell silent', refused: false };
    await this.deps.outbox.add(tx, this.#events.of(ReplicaFailedV1, standby.agentId, gone));
  }

  /** Asks the primary's agent to end the machine of a standby, if it has one. */
  async terminateMachine(tx: Tx, agent: Agent, primary: Instance, standby: Instance): Promise<void> {
    if (standby.ec2InstanceId === null) return;
    await this.commands.send(tx, {
      agent,
      on: primary,
      body: { commandType: 'terminate_replica', replicaId: standby.id, ec2InstanceId: standby.ec2InstanceId },
      priority: CommandPriority.manual,
      validForMs: TERMINATE_VALID_FOR_MS,
    });
  }
}

/** The part that all replica events share. */
export function replicaFacts(instance: Instance): {
  agentId: string;
  clientId: string;
  replicaId: string;
  replicaType: ReplicaType;
  poolId: string;
  mode: Instance['mode'];
  advised: boolean;
} {
  return {
    agentId: instance.agentId,
    clientId: instance.clientId,
    replicaId: instance.id,
    replicaType: instance.replicaType ?? 'switch',
    poolId: instance.poolId,
    mode: instance.mode,
    advised: instance.createdBy === ADVISED,
  };
}
