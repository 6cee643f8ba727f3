import type { AgentCommand } from '@spotopt/contracts';
import { type Tx, UnitOfWork } from '@spotopt/kernel';
import { selectRows } from '@spotopt/persistence';

interface InstanceFacts {
  readonly id: string;
  readonly agentId: string;
  readonly ec2InstanceId: string | null;
  readonly state: string;
  readonly confirmedEpoch: number | null;
}

interface Snapshot {
  readonly instances: readonly InstanceFacts[];
  readonly epochs: ReadonlyMap<string, number>;
  readonly runningSwitches: readonly string[];
  /** Commands that were ordered since the last commit. */
  readonly commands: readonly AgentCommand[];
  readonly lastSeq: number;
}

/** A process that dies: what was committed stays, what comes after never happens. */
export class Crash extends Error {}

export function isCrash(error: unknown): boolean {
  return error instanceof Crash || (error instanceof Error && error.message.startsWith('crash at'));
}

/**
 * Looks at the whole fleet at every commit and keeps a list of what must never be: two primaries, an epoch that
 * falls or does not rise with the primary, a machine that leaves `terminated`, a command that ends the primary,
 * an old machine that is ended before its successor confirmed, two running switches of one agent.
 */
export class WatchedUnitOfWork extends UnitOfWork {
  readonly violations: string[] = [];
  commits = 0;
  crashBeforeCommit = false;
  crashAfterCommit = false;
  #known: Snapshot | null = null;

  constructor(private readonly real: UnitOfWork) {
    super();
  }

  override async run<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const before = this.#known;
    const { result, after } = await this.real.run(async (tx) => {
      const done = await work(tx);
      if (this.crashBeforeCommit) {
        this.crashBeforeCommit = false;
        throw new Crash('before a commit');
      }
      return { result: done, after: await snapshotOf(tx, before?.lastSeq ?? 0) };
    });
    this.commits += 1;
    this.violations.push(...breachesOf(before, after));
    this.#known = after;
    if (this.crashAfterCommit) {
      this.crashAfterCommit = false;
      throw new Crash('after a commit');
    }
    return result;
  }

  override read<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.real.read(work);
  }

  forget(): void {
    this.#known = null;
    this.violations.length = 0;
    this.calm();
  }

  calm(): void {
    this.crashBeforeCommit = false;
    this.crashAfterCommit = false;
  }
}

async function snapshotOf(tx: Tx, sinceSeq: number): Promise<Snapshot> {
  const instances = await selectRows<InstanceFacts>(
    tx,
    `SELECT id, agent_id AS agentId, ec2_instance_id AS ec2InstanceId, state, confirmed_epoch AS confirmedEpoch
     FROM instance`,
  );
  const agents = await selectRows<{ id: string; epoch: number }>(tx, 'SELECT id, epoch FROM agent');
  const switches = await selectRows<{ agentId: string }>(
    tx,
    "SELECT agent_id AS agentId FROM `switch` WHERE status = 'running'",
  );
  const outbox = await selectRows<{ seq: number; type: string; envelope: string }>(
    tx,
    'SELECT seq, type, envelope FROM outbox WHERE seq > ? ORDER BY seq',
    [sinceSeq],
  );
  return {
    instances,
    epochs: new Map(agents.map(({ id, epoch }) => [id, epoch])),
    runningSwitches: switches.map(({ agentId }) => agentId),
    commands: outbox
      .filter(({ type }) => type === 'spotopt.replica.command-requested.v1')
      .map(({ envelope }) => (JSON.parse(envelope) as { data: { command: AgentCommand } }).data.command),
    lastSeq: Number(outbox.at(-1)?.seq ?? sinceSeq),
  };
}

function breachesOf(before: Snapshot | null, after: Snapshot): string[] {
  return [
    ...doubles(after.runningSwitches).map((agentId) => `${agentId} has two running switches`),
    ...doubles(primariesOf(after).map(({ agentId }) => agentId)).map(
      (agentId) => `${agentId} has two primaries`,
    ),
    ...(before === null ? [] : epochBreaches(before, after)),
    ...(before === null ? [] : revivals(before, after)),
    ...after.commands.flatMap((command) => commandBreaches(after, command)),
  ];
}

function epochBreaches(before: Snapshot, after: Snapshot): string[] {
  return [...after.epochs].flatMap(([agentId, epoch]) => {
    const old = before.epochs.get(agentId);
    if (old === undefined) return [];
    if (epoch < old) return [`the epoch of ${agentId} fell`];
    const was = primariesOf(before).find((machine) => machine.agentId === agentId);
    const is = primariesOf(after).find((machine) => machine.agentId === agentId);
    const changed = was !== undefined && is !== undefined && was.id !== is.id;
    return changed && epoch <= old ? [`${agentId} changed its primary without a new epoch`] : [];
  });
}

/** A machine of a deleted workload may begin a new life; its row then belongs to another agent. */
function revivals(before: Snapshot, after: Snapshot): string[] {
  const ended = before.instances.filter(({ state }) => state === 'terminated');
  return ended.flatMap(({ id, agentId }) => {
    const now = after.instances.find((machine) => machine.id === id);
    return now?.agentId === agentId && now.state !== 'terminated' ? [`${id} left terminated`] : [];
  });
}

function commandBreaches(after: Snapshot, command: AgentCommand): string[] {
  const { agentId, commandType } = command;
  const primary = primariesOf(after).find((machine) => machine.agentId === agentId);
  if (command.epoch !== after.epochs.get(agentId)) return [`${commandType} of ${agentId} with a wrong epoch`];
  if (!('ec2InstanceId' in command)) return [];
  const target = after.instances.find((machine) => machine.ec2InstanceId === command.ec2InstanceId);
  if (primary?.ec2InstanceId === command.ec2InstanceId)
    return [`${commandType} for the primary of ${agentId}`];
  if (target?.agentId !== agentId) return [`${commandType} of ${agentId} for a foreign machine`];
  const unconfirmed = (primary?.confirmedEpoch ?? 0) < command.epoch;
  return commandType === 'terminate_instance' && unconfirmed
    ? [`${commandType} before the primary of ${agentId} confirmed`]
    : [];
}

function primariesOf(snapshot: Snapshot): InstanceFacts[] {
  return snapshot.instances.filter(({ state }) => state === 'primary');
}

function doubles(keys: readonly string[]): string[] {
  return [...new Set(keys.filter((key, index) => keys.indexOf(key) !== index))];
}
