import { LeasedJob, type LeasedJobSettings, type LeasedRun } from '@spotopt/persistence';
import type { ReadMarketFacts } from './read-market-facts.js';

/** Reads the facts of markets that are due, in one process at a time. */
export class MarketFactsJob extends LeasedJob {
  constructor(
    settings: LeasedJobSettings,
    private readonly readFacts: ReadMarketFacts,
  ) {
    super('pricing.read-market-facts', settings);
  }

  protected override run({ signal }: LeasedRun): Promise<void> {
    return this.readFacts.execute(signal);
  }
}
