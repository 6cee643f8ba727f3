import type { Clock, Ids, Inbox, Outbox, Tx, UnitOfWork } from '@spotopt/kernel';
import type { Agent, Installation } from './agent.js';
import type { Instance, InstanceState } from './instance.js';

export { changeSettings, DEFAULT_SETTINGS } from './agent.js';
export type { Agent, Installation, TrafficTarget } from './agent.js';
export {
  ADVISED,
  DEMOTED,
  instanceLifecycle,
  newMachine,
  replicaStatusOf,
  roleOf,
  RUNNING_STATES,
  STANDBY_STATES,
  UNASKED,
} from './instance.js';
export type { Instance, InstanceState } from './instance.js';

/** What every use case of this service needs. */
export interface UseCaseDeps {
  readonly uow: UnitOfWork;
  readonly inbox: Inbox;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly ids: Ids;
}

export type AgentPatch = Partial<Omit<Agent, 'id' | 'clientId' | 'createdAt' | 'version'>>;
export type InstancePatch = Partial<
  Omit<Instance, 'id' | 'agentId' | 'clientId' | 'state' | 'createdAt' | 'version'>
>;

/**
 * Agents, installations and machines. Every update is guarded by the version that was read: a row that
 * somebody else changed meanwhile, or a key that somebody else inserted, gives `version-conflict` (transient),
 * and the unit of work starts anew.
 */
export abstract class FleetStore {
  abstract insertAgent(tx: Tx, agent: Agent): Promise<void>;
  abstract findAgent(tx: Tx, agentId: string): Promise<Agent | null>;
  /**
   * Whoever launches a standby because there is none takes this first: of two at once the second one then sees what the
   * first one launched.
   */
  abstract lockStandbysOf(tx: Tx, agentId: string): Promise<void>;
  /** The agent that now holds this logical id; deleted ones do not. */
  abstract findAgentByLogicalId(tx: Tx, clientId: string, logicalAgentId: string): Promise<Agent | null>;
  abstract listAgents(tx: Tx, filter: AgentFilter): Promise<Agent[]>;
  abstract updateAgent(tx: Tx, agent: Agent, patch: AgentPatch): Promise<Agent>;

  abstract saveInstallation(tx: Tx, installation: Installation): Promise<void>;
  abstract findInstallation(tx: Tx, agentKey: string): Promise<Installation | null>;
  abstract findInstallationOn(tx: Tx, agentId: string, ec2InstanceId: string): Promise<Installation | null>;

  /** @throws AppError `second-primary` (permanent) when the agent already has a PRIMARY */
  abstract insertInstance(tx: Tx, instance: Instance): Promise<void>;
  abstract findInstance(tx: Tx, instanceId: string): Promise<Instance | null>;
  abstract findInstanceByEc2Id(tx: Tx, ec2InstanceId: string): Promise<Instance | null>;
  abstract findInstanceByLaunchCommand(tx: Tx, commandId: string): Promise<Instance | null>;
  abstract findPrimary(tx: Tx, agentId: string): Promise<Instance | null>;
  abstract listInstances(tx: Tx, filter: InstanceFilter): Promise<Instance[]>;
  /**
   * Moves a machine along its life cycle, or changes its facts when `to` is its present state.
   * @throws AppError `illegal-transition` (permanent), `second-primary` (permanent)
   */
  abstract updateInstance(
    tx: Tx,
    instance: Instance,
    to: InstanceState,
    patch?: InstancePatch,
  ): Promise<Instance>;
  /** Gives a machine of a deleted workload to another one of the same tenant, with a life cycle that begins anew. */
  abstract moveInstance(
    tx: Tx,
    instance: Instance,
    to: { readonly agentId: string; readonly state: InstanceState },
    patch: InstancePatch,
  ): Promise<Instance>;
  /** Forgets a machine that nobody asked for, or that is a known standby under another row. Never a primary. */
  abstract removeInstance(tx: Tx, instance: Instance): Promise<void>;
  abstract countPrimaries(tx: Tx, agentId: string): Promise<number>;
}

/** Whoever waits for a new primary to obey its epoch. */
export abstract class ConfirmationListener {
  abstract primaryConfirmed(agentId: string): void;
}

export interface AgentFilter {
  readonly clientId?: string | undefined;
  readonly includeDeleted?: boolean;
  readonly manualReplicaEnabled?: boolean;
  readonly status?: Agent['status'];
  /** Only agents whose last heartbeat is older than this. */
  readonly heardBefore?: Date;
}

export interface InstanceFilter {
  readonly agentId?: string;
  readonly states?: readonly InstanceState[];
}
