import { LeasedJob, type LeasedJobSettings, type LeasedRun } from '@spotopt/persistence';
import type { RefreshMarket } from '../market/refresh-market.js';
import type { LearnMarkets } from './learn-markets.js';

/** Learns on a schedule, in one process at a time. */
export class LearnJob extends LeasedJob {
  constructor(
    settings: LeasedJobSettings,
    private readonly refreshMarket: RefreshMarket,
    private readonly learnMarkets: LearnMarkets,
  ) {
    super('decision.learn', settings);
  }

  protected override async run({ signal }: LeasedRun): Promise<void> {
    try {
      await this.refreshMarket.missing(signal);
    } finally {
      // What is complete is learned all the same.
      await this.learnMarkets.execute(signal);
    }
  }
}
