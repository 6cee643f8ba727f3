import { Failpoints } from '@spotopt/kernel';

/** Throws at the n-th failpoint that is hit, as if the process were killed there. */
export class KilledAt extends Failpoints {
  #hits = 0;

  constructor(private readonly atHit: number) {
    super();
  }

  /** Whether the run got as far as that failpoint. */
  get fired(): boolean {
    return this.#hits >= this.atHit;
  }

  override hit(): void {
    this.#hits += 1;
    if (this.#hits === this.atHit) throw new Error('killed here');
  }
}
