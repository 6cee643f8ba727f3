import { LeasedJob, type LeasedJobSettings, type LeasedRun } from '@spotopt/persistence';
import type { RunFits } from './run-fits.js';

/** Fits priors in one process at a time. */
export class PriorsJob extends LeasedJob {
  constructor(
    settings: LeasedJobSettings,
    private readonly runFits: RunFits,
  ) {
    super('decision.fit-priors', settings);
  }

  protected override run({ lease, signal }: LeasedRun): Promise<void> {
    return this.runFits.execute({ signal, guard: (tx) => lease.guard(tx) });
  }
}
