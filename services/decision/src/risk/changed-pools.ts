import type { RiskCause } from '@spotopt/contracts';
import { graverOf } from './pool-risk.js';

/** Pools to which something happened since they were last scored. A hint: the schedule scores them as well. */
export class ChangedPools {
  #causes = new Map<string, RiskCause>();

  add(poolId: string, cause: RiskCause): void {
    const known = this.#causes.get(poolId);
    this.#causes.set(poolId, known === undefined ? cause : graverOf(known, cause));
  }

  take(): ReadonlyMap<string, RiskCause> {
    const taken = this.#causes;
    this.#causes = new Map();
    return taken;
  }

  giveBack(causes: ReadonlyMap<string, RiskCause>): void {
    for (const [poolId, cause] of causes) this.add(poolId, cause);
  }
}
