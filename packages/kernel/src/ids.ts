import { randomFillSync } from 'node:crypto';
import { monotonicFactory } from 'ulid';

/** Source of new identifiers: 26-character ULIDs that sort by creation time. */
export abstract class Ids {
  abstract next(): string;
}

export class UlidIds extends Ids {
  readonly #next = monotonicFactory(randomShares());

  override next(): string {
    return this.#next();
  }
}

const POOL_BYTES = 4_096;

/** Fractions from the system's random source, fetched many at once: one call each is what an id costs most. */
function randomShares(): () => number {
  const pool = new Uint8Array(POOL_BYTES);
  let used = POOL_BYTES;
  return () => {
    if (used === POOL_BYTES) {
      randomFillSync(pool);
      used = 0;
    }
    const byte = pool[used] ?? 0;
    used += 1;
    return byte / 256;
  };
}
