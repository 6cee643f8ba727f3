import { Ids } from '@spotopt/kernel';

/** Ids that a person can read in a failure: `id-0001`, `id-0002`, … */
export class SequenceIds extends Ids {
  #last = 0;

  constructor(private readonly prefix = 'id') {
    super();
  }

  override next(): string {
    this.#last += 1;
    return `${this.prefix}-${String(this.#last).padStart(4, '0')}`;
  }
}

/** The random generator Mulberry32: the same numbers in [0, 1) for the same seed. */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
