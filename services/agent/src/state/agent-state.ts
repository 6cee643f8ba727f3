import { AsyncMutex } from '@spotopt/kernel';

export interface ExecutedCommand {
  readonly commandId: string;
  readonly commandType: string;
  readonly success: boolean;
  readonly message: string;
  readonly result: Readonly<Record<string, unknown>>;
  readonly finishedAtMs: number;
  /** Whether the control plane has taken note of the outcome. */
  readonly reported: boolean;
}

/** What an agent must still know after a restart. */
export interface AgentState {
  /** Highest epoch that was obeyed; commands with a lower one are refused. */
  readonly epoch: number;
  /** Set while a switch keeps the workload stopped, so that a restart does not start it again. */
  readonly quiesced: { readonly switchId: string; readonly epoch: number } | null;
  /** Oldest first, bounded. */
  readonly executed: readonly ExecutedCommand[];
}

export const FRESH_STATE: AgentState = { epoch: 0, quiesced: null, executed: [] };

/** Outcomes kept: far more than a mailbox holds, so that no command that may come again is forgotten. */
export const REMEMBERED_COMMANDS = 200;

export abstract class StateStore {
  /** `FRESH_STATE` when nothing was ever saved. */
  abstract load(): Promise<AgentState>;
  /** Resolves when the state would survive a crash; a crash during it leaves the old or the new one. */
  abstract save(state: AgentState): Promise<void>;
}

/** The state in memory, never ahead of what is saved; changes are made one after the other. */
export class StateKeeper {
  readonly #mutex = new AsyncMutex();
  #state: AgentState = FRESH_STATE;

  constructor(private readonly store: StateStore) {}

  get current(): AgentState {
    return this.#state;
  }

  async load(): Promise<AgentState> {
    this.#state = await this.store.load();
    return this.#state;
  }

  change(next: (state: AgentState) => AgentState): Promise<void> {
    return this.#mutex.run(async () => {
      const state = next(this.#state);
      if (state === this.#state) return;
      await this.store.save(state);
      this.#state = state;
    });
  }

  /** Raises the obeyed epoch; a lower one changes nothing. */
  raiseEpoch(epoch: number): Promise<void> {
    return this.change((state) => (epoch > state.epoch ? { ...state, epoch } : state));
  }

  findExecuted(commandId: string): ExecutedCommand | undefined {
    return this.#state.executed.find((command) => command.commandId === commandId);
  }

  remember(command: ExecutedCommand): Promise<void> {
    return this.change((state) => ({
      ...state,
      executed: [...state.executed.filter((known) => known.commandId !== command.commandId), command].slice(
        -REMEMBERED_COMMANDS,
      ),
    }));
  }
}
