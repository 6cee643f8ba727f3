import { AttemptStore } from './message-bus.js';

/** Counts that live as long as the process: for tools and tests without a database. */
export class MemoryAttemptStore extends AttemptStore {
  readonly #counts = new Map<string, number>();

  override async begin(queue: string, messageId: string): Promise<number> {
    const key = `${queue}\n${messageId}`;
    const attempt = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, attempt);
    return Promise.resolve(attempt);
  }

  override async forget(queue: string, messageId: string): Promise<void> {
    this.#counts.delete(`${queue}\n${messageId}`);
    await Promise.resolve();
  }
}
