import type {
  AgentCommand,
  CommandCompletedV1,
  CommandExpiredV1,
  EventOf,
  InterruptionDetectedV1,
} from '@spotopt/contracts';
import { isAppError } from '@spotopt/kernel';
import { changeRows } from '@spotopt/persistence';
import { mulberry32 } from '@spotopt/testkit';
import { Crash, isCrash, type WatchedUnitOfWork } from './invariants.contract.js';
import { CLIENT, type ReplicaWorld } from './replica-world.contract.js';

interface Machine {
  readonly ec2InstanceId: string;
  readonly agentKey: string;
  readonly agentId: string;
  readonly logicalAgentId: string;
}

const ZONES = ['a', 'b', 'c'];
const LOGICAL_IDS = ['web-1', 'web-2'];
const CRASH_POINTS = ['replica.promotion-committed', 'replica.traffic-moved'];

/** Plays agents, AWS, people, the broker and crashes at random, from a seed. */
export class RandomFleet {
  readonly log: string[] = [];
  readonly #random: () => number;
  readonly #machines: Machine[] = [];
  readonly #delivered: (() => Promise<unknown>)[] = [];
  #lastMachine = 0;
  #incidents = 0;

  constructor(
    private readonly world: ReplicaWorld,
    private readonly watch: WatchedUnitOfWork,
    private readonly seed: number,
  ) {
    this.#random = mulberry32(seed);
  }

  async play(steps: number): Promise<void> {
    await this.world.prices({ a: 0.01, b: 0.012, c: 0.013 });
    for (const logicalAgentId of LOGICAL_IDS) {
      await this.#attempt('register', () => this.#newMachine(logicalAgentId));
      await this.#attempt('standby', () => this.#standby(logicalAgentId));
    }
    for (let step = 0; step < steps && this.watch.violations.length === 0; step += 1) {
      const [name, operation] = this.#pick(this.#operations());
      await this.#attempt(name, operation);
    }
  }

  /** Nobody answers any more and time goes by: everything that was begun must come to an end. */
  async calmDown(): Promise<void> {
    this.watch.calm();
    this.world.failpoints.armed = null;
    for (let quarter = 0; quarter < 6; quarter += 1) {
      await this.world.clock.advance(16 * 60_000);
      await this.world.cases.silence.execute();
      await this.world.cases.drive.sweep();
      await this.world.cases.endFailed.sweep();
      await this.world.cases.retire.execute();
    }
  }

  /** A refusal is an answer like any other; a crash ends the operation; everything else is a bug. */
  async #attempt(name: string, operation: () => Promise<unknown>): Promise<void> {
    this.log.push(name);
    try {
      await operation();
    } catch (error) {
      const isAnswer = isAppError(error) && error.kind !== 'bug';
      if (isAnswer || isCrash(error)) return;
      const story = this.log.join(', ');
      throw new Error(`seed ${String(this.seed)} after ${story}`, { cause: error });
    }
  }

  #operations(): (readonly [string, () => Promise<unknown>])[] {
    const { cases, clock } = this.world;
    const sweep = async (): Promise<void> => {
      await cases.silence.execute();
      await cases.drive.sweep();
      await cases.keepStandby.sweep();
      await cases.endFailed.sweep();
      await cases.endUnwanted.sweep();
      await cases.retire.execute();
    };
    return [
      ['register', () => this.#newMachine(this.#pick(LOGICAL_IDS))],
      ['register again', () => this.#register(this.#machine())],
      ['beat', () => this.#beat()],
      ['beat', () => this.#beat()],
      ['beat', () => this.#beat()],
      ['answer', () => this.#answer()],
      ['answer', () => this.#answer()],
      ['answer', () => this.#answer()],
      ['answer', () => this.#answer()],
      ['ready', () => this.#ready()],
      ['ready', () => this.#ready()],
      ['settings', () => this.#settings()],
      ['notice', () => this.#notice('terminate')],
      ['notice', () => this.#notice('terminate')],
      ['recommendation', () => this.#notice('warn')],
      ['switch', () => this.#switch()],
      ['promote', () => this.#promote()],
      ['deliver again', () => this.#deliverAgain()],
      ['time', () => clock.advance(Math.round(this.#random() ** 3 * 20 * 60_000))],
      ['time', () => clock.advance(Math.round(this.#random() * 30_000))],
      ['sweep', sweep],
      ['sweep', sweep],
      ['ended', () => this.#ended()],
      ['crash', () => this.#arm()],
      ['stale writer', () => this.#staleWriter()],
      ['delete', () => (this.#random() < 0.2 ? this.#delete() : Promise.resolve())],
    ];
  }

  async #newMachine(logicalAgentId: string): Promise<void> {
    await this.#register({ ec2InstanceId: this.#nextEc2Id(), logicalAgentId });
  }

  async #standby(logicalAgentId: string): Promise<void> {
    const { agentId } = this.#pick(
      this.#machines.filter((machine) => machine.logicalAgentId === logicalAgentId),
    );
    const ec2InstanceId = this.#nextEc2Id();
    const { agentKey } = await this.world.standby(agentId, ec2InstanceId);
    this.#machines.push({ ec2InstanceId, agentKey, agentId, logicalAgentId });
  }

  async #register(machine: {
    readonly ec2InstanceId: string;
    readonly logicalAgentId: string;
  }): Promise<void> {
    const { ec2InstanceId, logicalAgentId } = machine;
    const az = `us-east-1${this.#pick(ZONES)}`;
    const { agent } = await this.world.register({ ec2InstanceId, logicalAgentId, az });
    const { agentId, agentKey } = agent;
    const index = this.#machines.findIndex((known) => known.ec2InstanceId === ec2InstanceId);
    const entry = { ec2InstanceId, logicalAgentId, agentId, agentKey };
    if (index < 0) this.#machines.push(entry);
    else this.#machines[index] = entry;
  }

  async #beat(): Promise<void> {
    const { agentKey, agentId } = this.#machine();
    const { epoch } = await this.world.agent(agentId);
    await this.world.beat(agentKey, this.#random() < 0.7 ? epoch : epoch - 1);
  }

  async #answer(): Promise<void> {
    const command = this.#pick((await this.world.commands()).slice(-6));
    const luck = this.#random();
    if (luck < 0.15) return this.#deliver(this.world.expired(command));
    const success = luck < 0.8;
    if (success && command.commandType === 'create_replica') await this.#launch(command);
    if (success && 'ec2InstanceId' in command) {
      const { agentId, ec2InstanceId } = command;
      await this.world.cases.retire.ended({
        agentId,
        ec2InstanceId,
        endedAt: this.world.clock.now().toISOString(),
      });
    }
    return this.#deliver(this.world.completed(command, { success }));
  }

  async #launch(command: AgentCommand & { readonly commandType: 'create_replica' }): Promise<void> {
    const { agentId, replicaId } = command;
    const ec2InstanceId = this.#nextEc2Id();
    await this.world.update(agentId, replicaId, { ec2InstanceId });
    await this.#register({ ec2InstanceId, logicalAgentId: this.#pick(LOGICAL_IDS) });
  }

  async #deliver(
    event: EventOf<typeof CommandCompletedV1> | EventOf<typeof CommandExpiredV1>,
  ): Promise<void> {
    this.#delivered.push(() => this.world.finish(event));
    await this.world.finish(event);
  }

  async #ready(): Promise<void> {
    const { agentId } = this.#machine();
    const standby = this.#pick(
      (await this.world.machines(agentId)).filter(({ state }) => state === 'syncing'),
    );
    await this.world.ready(agentId, standby.id);
    await this.world.cases.drive.agentChanged(agentId);
  }

  async #settings(): Promise<void> {
    const on = this.#random() < 0.5;
    const changes = this.#pick([
      { manualReplicaEnabled: on },
      { autoSwitchEnabled: on },
      { enabled: this.#random() < 0.9 },
      { terminateWaitSeconds: on ? 0 : 300 },
      { autoTerminateEnabled: on },
    ]);
    const { agentId } = this.#machine();
    await this.world.cases.manage.changeSettings({ clientId: CLIENT, agentRef: agentId, changes });
    await this.world.cases.keepStandby.execute(agentId);
  }

  async #notice(urgency: 'warn' | 'terminate'): Promise<void> {
    this.#incidents += 1;
    const { agentId, ...any } = this.#machine();
    const primary = (await this.world.machines(agentId)).find(({ state }) => state === 'primary');
    const ec2InstanceId = (this.#random() < 0.6 ? primary?.ec2InstanceId : null) ?? any.ec2InstanceId;
    const incidentId = `incident-${String(this.#incidents)}`;
    const change = urgency === 'warn' ? { urgency, incidentId, deadlineAt: null } : { urgency, incidentId };
    const event: EventOf<typeof InterruptionDetectedV1> = this.world.notice(agentId, ec2InstanceId, change);
    this.#delivered.push(() => this.world.interrupt(event));
    await this.world.interrupt(event);
  }

  async #switch(): Promise<void> {
    const answer = await this.world.cases.requestSwitch.execute({
      clientId: CLIENT,
      agentRef: this.#machine().agentId,
      targetMode: this.#pick(['spot', 'ondemand'] as const),
      targetPoolId: `t3.medium.us-east-1${this.#pick(ZONES)}`,
      trigger: this.#pick(['manual', 'model'] as const),
      reason: 'random',
      requestedBy: 'random',
      requestId: null,
    });
    if (answer.outcome === 'started') await this.world.cases.drive.now(answer.switchId);
  }

  async #promote(): Promise<void> {
    const { agentId } = this.#machine();
    const { switchId } = await this.world.cases.promoteByHand.execute({
      clientId: CLIENT,
      agentRef: agentId,
      replicaId: this.#pick((await this.world.machines(agentId)).filter(({ state }) => state === 'ready')).id,
      demoteOldPrimary: this.#random() < 0.5,
      requestedBy: 'random',
      requestId: null,
    });
    await this.world.cases.drive.now(switchId);
  }

  #deliverAgain(): Promise<unknown> {
    return this.#pick(this.#delivered)();
  }

  async #ended(): Promise<void> {
    const { agentId, ec2InstanceId } = this.#machine();
    const endedAt = this.world.clock.now().toISOString();
    await this.world.cases.retire.ended({ agentId, ec2InstanceId, endedAt });
  }

  #arm(): Promise<void> {
    const luck = this.#random();
    if (luck < 0.4) this.watch.crashAfterCommit = true;
    else if (luck < 0.7) this.watch.crashBeforeCommit = true;
    else this.world.failpoints.armed = this.#pick(CRASH_POINTS);
    return Promise.resolve();
  }

  /** A program that still believes what it read long ago. Only the database can refuse it. */
  async #staleWriter(): Promise<void> {
    const { ec2InstanceId } = this.#machine();
    const sql = "UPDATE instance SET state = 'primary' WHERE ec2_instance_id = ? AND state = 'ready'";
    await this.world.deps.uow
      .run((tx) => changeRows(tx, sql, [ec2InstanceId]))
      .catch((error: unknown) => {
        if (isAppError(error) && error.kind === 'bug') throw error;
      });
  }

  async #delete(): Promise<void> {
    await this.world.cases.manage.delete({ clientId: CLIENT, agentRef: this.#machine().agentId });
  }

  #nextEc2Id(): string {
    this.#lastMachine += 1;
    return `i-${String(this.#lastMachine).padStart(4, '0')}`;
  }

  #machine(): Machine {
    return this.#pick(this.#machines);
  }

  #pick<T>(choices: readonly T[]): T {
    const choice = choices[Math.floor(this.#random() * choices.length)];
    // Nothing to choose from is an operation that does not happen.
    if (choice === undefined) throw new Crash('nothing to choose from');
    return choice;
  }
}
