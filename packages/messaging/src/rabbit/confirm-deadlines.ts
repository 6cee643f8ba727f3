/**
 * Ends what waits for too long. All wait equally long, so that one timer looks after all of them: a timer for each
 * message would cost more than most of publishing it.
 */
export class ConfirmDeadlines {
  readonly #waiting = new Map<number, { readonly endAtMs: number; readonly expire: () => void }>();
  #timer: NodeJS.Timeout | undefined;
  #last = 0;

  constructor(private readonly timeoutMs: number) {}

  /** Calls `expire` after the time-out unless `done` is called with the answer before. */
  add(expire: () => void): number {
    this.#last += 1;
    this.#waiting.set(this.#last, { endAtMs: performance.now() + this.timeoutMs, expire });
    this.#timer ??= this.#lookAfter(this.timeoutMs);
    return this.#last;
  }

  done(id: number): void {
    this.#waiting.delete(id);
  }

  #lookAfter(delayMs: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.#look();
    }, delayMs).unref();
  }

  #look(): void {
    this.#timer = undefined;
    const nowMs = performance.now();
    for (const [id, { endAtMs, expire }] of this.#waiting) {
      // They are in the order of their ends.
      if (endAtMs > nowMs) {
        this.#timer = this.#lookAfter(endAtMs - nowMs);
        return;
      }
      this.#waiting.delete(id);
      expire();
    }
  }
}
