import { LeasedJob, type LeasedJobSettings, type LeasedRun } from '@spotopt/persistence';
import type { CloseDueDays } from './close-due-days.js';
import type { ForgetOldDays } from './forget-old-days.js';

/** Closes days soon after they are due and forgets the oldest, in one process at a time. */
export class LedgerJob extends LeasedJob {
  constructor(
    settings: LeasedJobSettings,
    private readonly closeDueDays: CloseDueDays,
    private readonly forgetOldDays: ForgetOldDays,
  ) {
    super('pricing.close-days', settings);
  }

  protected override async run({ signal }: LeasedRun): Promise<void> {
    await this.closeDueDays.execute(signal);
    await this.forgetOldDays.execute(signal);
  }
}
