import { AsyncMutex, PeriodicTask, hasCode } from '@spotopt/kernel';
import type { AgentDeps, AgentIntervals } from './agent-deps.js';
import { TerminateLeftovers } from './cleanup/terminate-leftovers.js';
import { BusCommandSource } from './commands/bus-command-source.js';
import { buildCommands } from './commands/build-commands.js';
import type { Commands } from './commands/build-commands.js';
import type { CommandSource } from './commands/command-source.js';
import { RestCommandSource } from './commands/rest-command-source.js';
import { SendHeartbeat } from './heartbeat/send-heartbeat.js';
import { WatchMetadata } from './interruption/watch-metadata.js';
import { ReportPrices } from './pricing-report/report-prices.js';
import { RegisterInstallation } from './registration/register-installation.js';
import type { Session } from './registration/session.js';
import { PrepareStandby } from './standby/prepare-standby.js';
import type { StateKeeper } from './state/agent-state.js';
import { Serving } from './workload/serving.js';
import type { Workload } from './workload/workload.js';

export interface AgentContext {
  readonly deps: AgentDeps;
  readonly intervals: AgentIntervals;
  readonly state: StateKeeper;
  readonly session: Session;
  readonly signal: AbortSignal;
}

/** Everything that runs once the instance knows who it is. */
export class AgentParts {
  readonly session: Session;
  readonly serving: Serving;
  readonly registration: RegisterInstallation;
  readonly heartbeat: SendHeartbeat;
  readonly #workload: Workload;
  readonly #commands: Commands;
  readonly #sources: readonly CommandSource[];
  readonly #watch: WatchMetadata;
  readonly #tasks: readonly PeriodicTask[];
  readonly #heartbeatTask: PeriodicTask;
  readonly #mutex = new AsyncMutex();
  #standby: Promise<void> | undefined;

  constructor(private readonly context: AgentContext) {
    const { deps, intervals, state, session, signal } = context;
    this.session = session;
    this.#workload = deps.createWorkload(session.identity);
    this.serving = new Serving({ ...deps, workload: this.#workload, state });
    this.registration = new RegisterInstallation({ ...deps, state, session });
    this.heartbeat = new SendHeartbeat({
      gateway: deps.gateway,
      session,
      serving: this.serving,
      onPendingCommands: () => {
        this.#nudgeSources();
      },
    });
    this.#heartbeatTask = this.#task('heartbeat', intervals.heartbeatMs, () => this.heartbeat.execute());
    this.#commands = buildCommands({
      ...deps,
      state,
      session,
      signal,
      serving: this.serving,
      resultsMs: intervals.resultsMs,
      onEpochConfirmed: () => {
        this.#heartbeatTask.nudge();
      },
    });
    this.#sources = this.#buildSources();
    this.#watch = new WatchMetadata({
      ...deps,
      agentKey: () => session.agentKey,
      ownInstanceId: () => session.identity.ec2InstanceId,
      intervalMs: intervals.metadataMs,
    });
    this.#tasks = this.#buildTasks();
  }

  /** Starts everything; the installation is registered. */
  async run(): Promise<void> {
    await this.#settle();
    this.#watch.start();
    this.#commands.results.start();
    for (const task of this.#tasks) task.start();
    await this.#startSources();
  }

  async halt(): Promise<void> {
    await Promise.all([
      this.#watch.stop(),
      this.#commands.results.stop(),
      ...this.#tasks.map((task) => task.stop()),
      ...this.#sources.map((source) => source.stop()),
    ]);
    await this.#standby;
  }

  /** Brings the workload to what the control plane says; a failure is tried again with the next settings. */
  async #settle(): Promise<void> {
    const { deps, state, session } = this.context;
    try {
      await this.serving.reconcile(session.standing);
      session.confirmEpoch(state.current.epoch);
    } catch (error) {
      deps.logger.error({ error }, 'the workload does not follow; it will be tried again');
    }
    if (session.role === 'REPLICA' && session.replicaId !== null) this.#prepareStandby(session.replicaId);
  }

  #prepareStandby(replicaId: string): void {
    const { deps, session, signal } = this.context;
    const prepare = new PrepareStandby({
      ...deps,
      workload: this.#workload,
      agentKey: () => session.agentKey,
    });
    this.#standby ??= prepare.execute(replicaId, signal).catch((error: unknown) => {
      deps.logger.error({ replicaId, error }, 'standby not prepared');
    });
  }

  async #refreshConfig(): Promise<void> {
    const { deps, session } = this.context;
    session.update(await deps.gateway.config(session.agentKey));
    await this.#settle();
  }

  /** The control plane does not know this installation (any more): register again. */
  #registerAgain(): Promise<void> {
    return this.#mutex.run(async () => {
      const { session, signal } = this.context;
      const oldKey = session.agentKey;
      await this.registration.execute(signal);
      if (signal.aborted) return;
      await this.#settle();
      if (session.agentKey === oldKey) return;
      for (const source of this.#sources) await source.stop();
      await this.#startSources();
    });
  }

  async #startSources(): Promise<void> {
    const { deps, session, signal } = this.context;
    for (const source of this.#sources) {
      if (signal.aborted) return;
      try {
        await source.start(session.agentKey, this.#commands.sink);
      } catch (error) {
        // The mailbox brings the same commands, only later.
        deps.logger.error({ error }, 'a source of commands cannot be used');
      }
    }
  }

  #nudgeSources(): void {
    for (const source of this.#sources) source.nudge();
  }

  #buildSources(): CommandSource[] {
    const { deps, intervals, session, state } = this.context;
    const rest = new RestCommandSource({
      ...deps,
      intervalMs: intervals.commandsMs,
      defaults: () => ({
        logicalAgentId: session.logicalAgentId,
        clientId: session.clientId,
        epoch: state.current.epoch,
      }),
      enabled: () => session.role !== 'PRIMARY' || session.enabled,
      onError: (error) => {
        deps.logger.warn({ error }, 'commands not read');
      },
    });
    const { bus } = deps;
    if (bus === undefined) return [rest];
    const connect = typeof bus === 'function' ? bus : () => Promise.resolve(bus);
    return [rest, new BusCommandSource({ ...deps, connect })];
  }

  #buildTasks(): PeriodicTask[] {
    const { deps, intervals, session } = this.context;
    const prices = new ReportPrices({
      ...deps,
      agentKey: () => session.agentKey,
      identity: () => session.identity,
    });
    const leftovers = new TerminateLeftovers({
      ...deps,
      agentKey: () => session.agentKey,
      ownInstanceId: () => session.identity.ec2InstanceId,
      terminate: this.#commands.terminate,
    });
    const { pricesMs, cleanupMs } = intervals;
    return [
      this.#heartbeatTask,
      this.#task('config', intervals.configMs, () => this.#refreshConfig(), intervals.configMs),
      // Spread, so that a fleet that started together does not report together.
      this.#task(
        'prices',
        pricesMs,
        () => (this.#mayObserve() ? prices.execute() : Promise.resolve()),
        (deps.random() * pricesMs) / 20,
      ),
      this.#task(
        'cleanup',
        cleanupMs,
        () => (session.role === 'PRIMARY' && session.enabled ? leftovers.execute() : Promise.resolve()),
        cleanupMs,
      ),
    ];
  }

  /** A machine on its way out has nothing more to say about prices. */
  #mayObserve(): boolean {
    const { role, enabled } = this.session;
    return role === 'PRIMARY' ? enabled : role === 'REPLICA';
  }

  #task(name: string, intervalMs: number, work: () => Promise<void>, firstAfterMs = 0): PeriodicTask {
    const { deps } = this.context;
    const { clock, random, logger } = deps;
    const onError = (error: unknown, failures: number): void => {
      if (failures === 1 || failures % 10 === 0)
        logger.warn({ task: name, failures, error }, `${name} failed`);
      if (name === 'heartbeat' && hasCode(error, 'gateway-not-found')) void this.#registerAgain();
    };
    return new PeriodicTask(
      clock,
      { name, intervalMs, firstAfterMs, maxDelayMs: intervalMs * 2, random, onError },
      work,
    );
  }
}
