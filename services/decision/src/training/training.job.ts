import { LeasedJob, type LeasedJobSettings, type LeasedRun } from '@spotopt/persistence';
import type { MakeTrainingSets } from './make-training-sets.js';

/** Makes training sets in one process at a time. */
export class TrainingJob extends LeasedJob {
  constructor(
    settings: LeasedJobSettings,
    private readonly makeSets: MakeTrainingSets,
  ) {
    super('decision.make-training-sets', settings);
  }

  protected override run({ lease, signal }: LeasedRun): Promise<void> {
    return this.makeSets.execute({ signal, guard: (tx) => lease.guard(tx) });
  }
}
