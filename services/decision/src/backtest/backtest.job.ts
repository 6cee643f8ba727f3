import { LeasedJob, type LeasedJobSettings, type LeasedRun } from '@spotopt/persistence';
import type { RunQueued } from './run-queued.js';

/** Runs backtests, in one process at a time; another one takes over where that one ends. */
export class BacktestJob extends LeasedJob {
  constructor(
    settings: LeasedJobSettings,
    private readonly runQueued: RunQueued,
  ) {
    super('decision.backtests', settings);
  }

  protected override run({ lease, signal }: LeasedRun): Promise<void> {
    return this.runQueued.execute({ signal, guard: (tx) => lease.guard(tx) });
  }
}
