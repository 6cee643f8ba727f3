import { LeasedJob, type LeasedJobSettings, type LeasedRun } from '@spotopt/persistence';
import type { DecideDue } from './decide-due.js';

/** Looks for due decisions on a schedule, in one process at a time. */
export class DecideJob extends LeasedJob {
  constructor(
    settings: LeasedJobSettings,
    private readonly decideDue: DecideDue,
  ) {
    super('decision.decide-due', settings);
  }

  protected override run({ signal }: LeasedRun): Promise<void> {
    return this.decideDue.execute(signal);
  }
}
