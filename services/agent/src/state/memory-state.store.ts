import { FRESH_STATE, StateStore } from './agent-state.js';
import type { AgentState } from './agent-state.js';

/** For agents that live inside a simulation: the state ends with its process. */
export class MemoryStateStore extends StateStore {
  #state = FRESH_STATE;

  override load(): Promise<AgentState> {
    return Promise.resolve(this.#state);
  }

  override save(state: AgentState): Promise<void> {
    this.#state = state;
    return Promise.resolve();
  }
}
