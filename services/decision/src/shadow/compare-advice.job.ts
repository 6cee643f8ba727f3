import { LeasedJob, type LeasedJobSettings, type LeasedRun } from '@spotopt/persistence';
import type { CompareAdvice } from './compare-advice.js';

/** Compares advice with what happened, in one process at a time. */
export class CompareAdviceJob extends LeasedJob {
  constructor(
    settings: LeasedJobSettings,
    private readonly compareAdvice: CompareAdvice,
  ) {
    super('decision.compare-advice', settings);
  }

  protected override run({ signal }: LeasedRun): Promise<void> {
    return this.compareAdvice.execute(signal);
  }
}
