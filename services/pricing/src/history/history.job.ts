import { LeasedJob, type LeasedJobSettings, type LeasedRun } from '@spotopt/persistence';
import type { ReadHistory } from './read-history.js';

export interface HistoryJobSettings extends LeasedJobSettings {
  /** Without it the job never runs and prices come from reports only. */
  readonly enabled: boolean;
}

/** Reads the price history on a schedule, in one process at a time. */
export class HistoryJob extends LeasedJob {
  readonly #enabled: boolean;

  constructor(
    { enabled, ...settings }: HistoryJobSettings,
    private readonly readHistory: ReadHistory,
  ) {
    super('pricing.read-history', settings);
    this.#enabled = enabled;
  }

  override onApplicationBootstrap(): void {
    if (this.#enabled) super.onApplicationBootstrap();
  }

  protected override run({ signal }: LeasedRun): Promise<void> {
    return this.readHistory.execute(signal);
  }
}
