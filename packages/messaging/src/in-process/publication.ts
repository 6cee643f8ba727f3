import { publishUnconfirmed } from '../publish-errors.js';

/**
 * A published message on its way through the queues that took it. Confirmed when every queue that must
 * finish it has done so, because an in-process queue is no safer than the process.
 */
export class Publication {
  readonly confirmed: Promise<void>;
  readonly #open: Set<string>;
  #resolve: () => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;

  constructor(queuesToFinish: readonly string[]) {
    this.#open = new Set(queuesToFinish);
    this.confirmed = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#settleWhenFinished();
  }

  get waitsFor(): ReadonlySet<string> {
    return this.#open;
  }

  finishedBy(queue: string): void {
    this.#open.delete(queue);
    this.#settleWhenFinished();
  }

  abandon(why: string): void {
    this.#reject(publishUnconfirmed(why));
  }

  #settleWhenFinished(): void {
    if (this.#open.size === 0) this.#resolve();
  }
}
