import {
  CommandPriority,
  InstanceTerminatedV1,
  type RpcRequest,
  type RpcResponse,
  type InstancesToTerminate as InstancesToTerminateRpc,
  type ReportTermination as ReportTerminationRpc,
} from '@spotopt/contracts';
import { AppError, type Tx } from '@spotopt/kernel';
import {
  type Agent,
  type CommandAgent,
  FleetEvents,
  type FleetStore,
  type Instance,
  requireScoped,
  roleOf,
  type UseCaseDeps,
} from '../fleet/index.js';

const KEEP_ZOMBIE_MS = 30 * 24 * 60 * 60_000;
const COMMAND_VALID_FOR_MS = 10 * 60_000;
/** Not while the last request may still be carried out. */
const ASK_AGAIN_AFTER_MS = COMMAND_VALID_FOR_MS;

/** When a zombie may be terminated, in milliseconds since the epoch. */
export function terminationDueAtMs(zombie: Instance, agent: Agent): number {
  const since = zombie.zombieSince?.getTime() ?? zombie.createdAt.getTime();
  // A standby that was given up has served nobody: nothing to wait for (PR-115: whatever auto-terminate says).
  if (zombie.promotedAt === null && zombie.replicaType !== null) return since;
  const { autoTerminateEnabled, terminateWaitSeconds } = agent.settings;
  return since + (autoTerminateEnabled ? terminateWaitSeconds * 1000 : KEEP_ZOMBIE_MS);
}

/**
 * Ends machines that nobody needs any more, by the agent of the present primary, and believes that they are gone
 * only when that was reported. Never before the new primary has confirmed at the present epoch.
 */
export class RetireMachines {
  readonly #events: FleetEvents;

  constructor(
    private readonly deps: UseCaseDeps,
    private readonly ports: { readonly fleet: FleetStore; readonly commands: CommandAgent },
  ) {
    this.#events = new FleetEvents(deps.ids, deps.clock);
  }

  async execute(): Promise<void> {
    const zombies = await this.deps.uow.read((tx) =>
      this.ports.fleet.listInstances(tx, { states: ['zombie'] }),
    );
    for (const { id } of zombies) await this.deps.uow.run((tx) => this.#retire(tx, id));
  }

  toTerminate(
    request: RpcRequest<typeof InstancesToTerminateRpc>,
  ): Promise<RpcResponse<typeof InstancesToTerminateRpc>> {
    return this.deps.uow.read(async (tx) => {
      const { agent, instance } = await requireScoped(tx, this.ports.fleet, request);
      const { autoTerminateEnabled, terminateWaitSeconds } = agent.settings;
      const due =
        instance?.state === 'primary' && hasConfirmed(agent, instance) ? await this.#due(tx, agent) : [];
      return {
        // The reader does nothing while this is false, so it is true when a given-up standby is listed (PR-115).
        autoTerminateEnabled: autoTerminateEnabled || due.length > 0,
        terminateWaitSeconds,
        instances: due.map(({ zombie, ec2InstanceId }) => ({
          ec2InstanceId,
          instanceType: zombie.instanceType,
          az: zombie.az,
          reason:
            zombie.promotedAt === null && zombie.replicaType !== null
              ? ('replica_terminated' as const)
              : ('zombie_timeout' as const),
          secondsWaiting: Math.max(
            0,
            Math.floor((this.deps.clock.nowMs() - (zombie.zombieSince?.getTime() ?? 0)) / 1000),
          ),
        })),
      };
    });
  }

  report(
    request: RpcRequest<typeof ReportTerminationRpc>,
  ): Promise<RpcResponse<typeof ReportTerminationRpc>> {
    return this.deps.uow.run(async (tx) => {
      const { agent } = await requireScoped(tx, this.ports.fleet, request);
      const machine = await this.ports.fleet.findInstanceByEc2Id(tx, request.ec2InstanceId);
      if (machine === null || machine.agentId !== agent.id) {
        throw AppError.permanent('instance-not-found', `no instance ${request.ec2InstanceId}`);
      }
      if (!request.success) return { accepted: true };
      if (machine.state === 'primary') {
        throw AppError.permanent('instance-is-primary', `${request.ec2InstanceId} is the primary`);
      }
      await this.#confirm(tx, machine, request.terminatedAt);
      return { accepted: true };
    });
  }

  /**
   * The answer of a command that ended a machine. Counts for deleted agents too; what it says about a foreign
   * machine or a primary is not believed.
   */
  ended(end: {
    readonly agentId: string;
    readonly ec2InstanceId: string;
    readonly endedAt: string;
  }): Promise<void> {
    return this.deps.uow.run(async (tx) => {
      const machine = await this.ports.fleet.findInstanceByEc2Id(tx, end.ec2InstanceId);
      if (machine?.agentId !== end.agentId || machine.state === 'primary') return;
      await this.#confirm(tx, machine, end.endedAt);
    });
  }

  async #retire(tx: Tx, instanceId: string): Promise<void> {
    const zombie = await this.ports.fleet.findInstance(tx, instanceId);
    if (zombie?.state !== 'zombie' || zombie.ec2InstanceId === null) return;
    const agent = await this.ports.fleet.findAgent(tx, zombie.agentId);
    const primary = await this.ports.fleet.findPrimary(tx, zombie.agentId);
    if (agent === null || primary === null || !hasConfirmed(agent, primary)) return;
    const nowMs = this.deps.clock.nowMs();
    const asked = zombie.terminationRequestedAt?.getTime() ?? 0;
    if (nowMs < terminationDueAtMs(zombie, agent) || nowMs - asked < ASK_AGAIN_AFTER_MS) return;
    await this.ports.fleet.updateInstance(tx, zombie, 'zombie', { terminationRequestedAt: new Date(nowMs) });
    await this.ports.commands.send(tx, {
      agent,
      on: primary,
      body: { commandType: 'terminate_instance', ec2InstanceId: zombie.ec2InstanceId },
      priority: CommandPriority.scheduled,
      validForMs: COMMAND_VALID_FOR_MS,
    });
  }

  async #due(tx: Tx, agent: Agent): Promise<{ zombie: Instance; ec2InstanceId: string }[]> {
    const zombies = await this.ports.fleet.listInstances(tx, { agentId: agent.id, states: ['zombie'] });
    const nowMs = this.deps.clock.nowMs();
    return zombies.flatMap((zombie) =>
      zombie.ec2InstanceId !== null && nowMs >= terminationDueAtMs(zombie, agent)
        ? [{ zombie, ec2InstanceId: zombie.ec2InstanceId }]
        : [],
    );
  }

  async #confirm(tx: Tx, machine: Instance, reportedAt: string | null): Promise<void> {
    if (machine.state === 'terminated' || machine.ec2InstanceId === null) return;
    const terminatedAt = reportedAt === null ? this.deps.clock.now() : new Date(reportedAt);
    await this.ports.fleet.updateInstance(tx, machine, 'terminated', { terminatedAt });
    await this.deps.outbox.add(
      tx,
      this.#events.of(InstanceTerminatedV1, machine.agentId, {
        agentId: machine.agentId,
        clientId: machine.clientId,
        instanceId: machine.id,
        ec2InstanceId: machine.ec2InstanceId,
        lastRole: roleOf(machine.state),
        reason: 'terminated by an agent',
        terminatedAt: terminatedAt.toISOString(),
      }),
    );
  }
}

function hasConfirmed(agent: Agent, primary: Instance): boolean {
  return (primary.confirmedEpoch ?? 0) >= agent.epoch;
}
