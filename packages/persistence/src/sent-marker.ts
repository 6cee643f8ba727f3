import type { Failpoints } from '@spotopt/kernel';
import type { OutboxClaims } from './outbox-claims.js';

interface Waiting {
  readonly seq: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Marks rows as sent, as many at a time as were published while the last transaction was under way. */
export class SentMarker {
  #waiting: Waiting[] = [];
  #busy = false;

  constructor(
    private readonly claims: OutboxClaims,
    private readonly failpoints: Failpoints,
  ) {}

  mark(seq: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ seq, resolve, reject });
      if (!this.#busy) void this.#flush();
    });
  }

  async #flush(): Promise<void> {
    this.#busy = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        this.failpoints.hit('outbox.before-mark-sent');
        await this.claims.markSent(batch.map((waiting) => waiting.seq));
        for (const waiting of batch) waiting.resolve();
      } catch (error) {
        for (const waiting of batch) waiting.reject(error);
      }
    }
    this.#busy = false;
  }
}
