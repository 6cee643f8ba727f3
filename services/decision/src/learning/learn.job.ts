import { LeasedJob, type LeasedJobSettings, type LeasedRun } from '@spotopt/persistence';
import type { LearnMarkets } from './learn-markets.js';

/** Learns on a schedule, in one process at a time. */
export class LearnJob extends LeasedJob {
  constructor(
    settings: LeasedJobSettings,
    private readonly learnMarkets: LearnMarkets,
  ) {
    super('decision.learn', settings);
  }

  protected override run({ signal }: LeasedRun): Promise<void> {
    return this.learnMarkets.execute(signal);
  }
}
