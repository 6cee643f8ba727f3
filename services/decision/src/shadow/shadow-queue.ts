import type { Decision } from '../decide/ports.js';
import type { AskShadows } from './ask-shadows.js';

export interface ShadowQueueSettings {
  readonly askShadows: Pick<AskShadows, 'execute'>;
  /** Decisions that may wait; then the oldest gives way. */
  readonly capacity: number;
  /** Decisions that are shown at a time. */
  readonly concurrency: number;
  readonly onDropped: () => void;
  readonly onError: (error: unknown, what: string) => void;
}

/** Keeps shadow engines out of the way of decisions: whoever offers one goes on at once, however slow they are. */
export class ShadowQueue {
  readonly #waiting: Decision[] = [];
  readonly #workers = new Set<Promise<void>>();
  #working = 0;
  #stopped = false;

  constructor(private readonly settings: ShadowQueueSettings) {}

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Never throws and never waits. */
  offer(decision: Decision): void {
    if (this.#stopped) return;
    const { capacity, concurrency, onDropped } = this.settings;
    this.#waiting.push(decision);
    if (this.#waiting.length > capacity) {
      this.#waiting.shift();
      onDropped();
    }
    if (this.#working >= concurrency) return;
    this.#working += 1;
    const worker = this.#work().finally(() => this.#workers.delete(worker));
    this.#workers.add(worker);
  }

  /** Waits for what is being asked now; what waits is caught up on later, from the stored decisions. */
  async onModuleDestroy(): Promise<void> {
    this.#stopped = true;
    this.#waiting.length = 0;
    await Promise.all(this.#workers);
  }

  async #work(): Promise<void> {
    // Not within the call of whoever decides.
    await new Promise((resolve) => setImmediate(resolve));
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      try {
        await this.settings.askShadows.execute(next);
      } catch (error) {
        this.settings.onError(error, `what shadow engines say of ${next.decisionId} could not be kept`);
      }
    }
    this.#working -= 1;
  }
}
