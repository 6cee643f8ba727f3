import { ResolveAgent } from '@spotopt/contracts';
import type { ResolvedAgent } from '@spotopt/contracts';
import { isAppError } from '@spotopt/kernel';
import type { Clock } from '@spotopt/kernel';
import { notFound, scopeOf } from '../caller.js';
import type { Caller } from '../caller.js';
import type { ServiceRequests } from '../ports.js';
import { AgentDirectory } from './ports.js';

interface Known {
  readonly agent: ResolvedAgent;
  readonly readAtMs: number;
}

const DEFAULT_MAX_AGE_MS = 3_000;
const RESOLVE_TIMEOUT_MS = 3_000;
const CACHE_ENTRIES = 50_000;

/** Asks the owner of the fleet and remembers the answer until it is old or an event contradicts it. */
export class CachedAgentDirectory extends AgentDirectory {
  readonly #known = new Map<string, Known>();
  readonly #asking = new Map<string, Promise<ResolvedAgent | null>>();
  #generation = 0;

  constructor(
    private readonly requests: ServiceRequests,
    /** Real time: how stale an answer gets does not depend on the speed of a simulation. */
    private readonly wallClock: Clock,
  ) {
    super();
  }

  override async resolve(
    caller: Caller,
    agentRef: string,
    options: { readonly maxAgeMs?: number } = {},
  ): Promise<ResolvedAgent> {
    const { maxAgeMs = DEFAULT_MAX_AGE_MS } = options;
    const scope = scopeOf(caller);
    const known = this.#known.get(agentRef);
    if (known !== undefined && this.wallClock.nowMs() - known.readAtMs < maxAgeMs)
      return owned(known.agent, scope);
    try {
      const agent = await this.#ask(agentRef);
      if (agent === null) throw notFound('agent');
      return owned(agent, scope);
    } catch (error) {
      if (known === undefined || !isAppError(error) || error.kind !== 'transient') throw error;
      return owned(known.agent, scope);
    }
  }

  /** An agent registered: the answer to the registration is the newest there is. */
  learn(agent: ResolvedAgent): void {
    this.#remember(agent.agentKey, agent);
  }

  /** Something about a workload changed: its installations are asked for anew. */
  forget(agentId: string): void {
    this.#generation += 1;
    for (const [ref, { agent }] of this.#known) {
      if (agent.agentId === agentId || ref === agentId) this.#known.delete(ref);
    }
  }

  /** Asked without a tenant, so that one answer serves every caller; whose it is, is checked here. */
  #ask(agentRef: string): Promise<ResolvedAgent | null> {
    const running = this.#asking.get(agentRef);
    if (running !== undefined) return running;
    const asked = this.#fetch(agentRef).finally(() => this.#asking.delete(agentRef));
    this.#asking.set(agentRef, asked);
    return asked;
  }

  async #fetch(agentRef: string): Promise<ResolvedAgent | null> {
    const generation = this.#generation;
    const { agent } = await this.requests.ask(
      ResolveAgent,
      { clientId: null, agentRef },
      { timeoutMs: RESOLVE_TIMEOUT_MS },
    );
    if (agent !== null && generation === this.#generation) this.#remember(agentRef, agent);
    if (agent === null) this.#known.delete(agentRef);
    return agent;
  }

  #remember(agentRef: string, agent: ResolvedAgent): void {
    if (this.#known.size >= CACHE_ENTRIES) this.#known.clear();
    this.#known.set(agentRef, { agent, readAtMs: this.wallClock.nowMs() });
  }
}

function owned(agent: ResolvedAgent, clientId: string | null): ResolvedAgent {
  if (clientId !== null && agent.clientId !== clientId) throw notFound('agent');
  return agent;
}
