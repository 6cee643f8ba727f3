/**
 * A deadline in real time: what it guards is a socket or the end of a process, which do not wait for a
 * simulated clock.
 */
export class RealDeadline {
  readonly #expired = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(durationMs: number) {
    this.#timer = setTimeout(() => {
      this.#expired.abort();
    }, durationMs);
  }

  get signal(): AbortSignal {
    return this.#expired.signal;
  }

  clear(): void {
    clearTimeout(this.#timer);
  }

  /** Resolves with `work`, or with undefined when the deadline passes first. */
  async race<T>(work: Promise<T>): Promise<T | undefined> {
    let stopWaiting: () => void = () => undefined;
    const expired = new Promise<undefined>((resolve) => {
      stopWaiting = () => {
        resolve(undefined);
      };
      if (this.signal.aborted) stopWaiting();
      this.signal.addEventListener('abort', stopWaiting, { once: true });
    });
    try {
      return await Promise.race([work, expired]);
    } finally {
      this.signal.removeEventListener('abort', stopWaiting);
    }
  }
}
