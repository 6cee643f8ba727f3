import { DEFAULT_INTERVALS } from './agent-deps.js';
import type { AgentDeps } from './agent-deps.js';
import { AgentParts } from './agent-parts.js';
import { identifyInstance } from './registration/identify-instance.js';
import { StateKeeper } from './state/agent-state.js';

export interface AgentSnapshot {
  readonly ec2InstanceId: string;
  readonly agentKey: string | null;
  readonly logicalAgentId: string;
  readonly role: string | null;
  readonly epoch: number;
  readonly serving: boolean;
}

export interface RunningAgent {
  /** Resolves when it is registered and its loops run, or when it was stopped before that. */
  readonly ready: Promise<void>;
  /** Undefined until the metadata service has answered. */
  snapshot(): AgentSnapshot | undefined;
  /** Orderly end: loops stop, the control plane is told. The workload goes on. */
  stop(): Promise<void>;
  /** The end of a machine: nothing is said to anybody. */
  kill(): Promise<void>;
}

class Agent implements RunningAgent {
  readonly ready: Promise<void>;
  readonly #abort = new AbortController();
  readonly #state: StateKeeper;
  #parts: AgentParts | undefined;
  #ended: Promise<void> | undefined;

  constructor(private readonly deps: AgentDeps) {
    this.#state = new StateKeeper(deps.stateStore);
    this.ready = this.#start();
  }

  snapshot(): AgentSnapshot | undefined {
    if (this.#parts === undefined) return undefined;
    const { session, serving } = this.#parts;
    return {
      ec2InstanceId: session.identity.ec2InstanceId,
      agentKey: session.registered ? session.agentKey : null,
      logicalAgentId: session.logicalAgentId,
      role: session.role,
      epoch: this.#state.current.epoch,
      serving: serving.active,
    };
  }

  stop(): Promise<void> {
    this.#ended ??= this.#end(true);
    return this.#ended;
  }

  kill(): Promise<void> {
    this.#ended ??= this.#end(false);
    return this.#ended;
  }

  async #start(): Promise<void> {
    const { deps } = this;
    const { signal } = this.#abort;
    await this.#state.load();
    const session = await identifyInstance({ ...deps, logicalAgentId: deps.logicalAgentId }, signal);
    if (session === undefined) return;
    const intervals = { ...DEFAULT_INTERVALS, ...deps.intervals };
    this.#parts = new AgentParts({ deps, intervals, state: this.#state, session, signal });
    await this.#parts.registration.execute(signal);
    if (signal.aborted) return;
    await this.#parts.run();
  }

  async #end(announce: boolean): Promise<void> {
    this.#abort.abort();
    await this.ready.catch((error: unknown) => {
      this.deps.logger.error({ error }, 'the agent had not started');
    });
    if (this.#parts === undefined) return;
    await this.#parts.halt();
    if (!announce || !this.#parts.session.registered) return;
    await this.#parts.heartbeat.farewell().catch((error: unknown) => {
      this.deps.logger.warn({ error }, 'the control plane was not told of the end');
    });
  }
}

/** Starts one agent; many may run in one process. */
export function startAgent(deps: AgentDeps): RunningAgent {
  return new Agent(deps);
}
