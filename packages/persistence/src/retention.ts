import type { UnitOfWork } from '@spotopt/kernel';
import { type ChunkedDelete, deleteInChunks } from './delete-in-chunks.js';
import { LeasedJob, type LeasedJobSettings } from './leased-job.js';
import type { LeasedRun } from './leased-task.js';

/** How long the rows of a table stay. */
export interface RetentionRule extends Omit<ChunkedDelete, 'before' | 'signal'> {
  readonly keepMs: number;
}

export interface RetentionSettings extends Omit<LeasedJobSettings, 'intervalMs'> {
  readonly uow: UnitOfWork;
  /** Tables that refer to others come before these. */
  readonly rules: readonly RetentionRule[];
}

const INTERVAL_MS = 3_600_000;
/** On a fast clock an hour is short; what is old by then may wait. */
const REAL_FLOOR_MS = 10_000;

/** Ends the stay of what is only kept for a while, a little at a time, in one process at a time. */
export class RetentionJob extends LeasedJob {
  constructor(private readonly settings: RetentionSettings) {
    const { uow: _uow, rules: _rules, ...rest } = settings;
    super('retention', { ...rest, intervalMs: settings.clock.noShorterThan(REAL_FLOOR_MS, INTERVAL_MS) });
  }

  protected override run({ signal }: LeasedRun): Promise<void> {
    return this.execute(signal);
  }

  /** Deletes what is old by now, and goes on where it was when it was cut off. */
  async execute(signal?: AbortSignal): Promise<void> {
    const { uow, rules, clock } = this.settings;
    for (const { keepMs, ...rule } of rules) {
      const before = new Date(clock.nowMs() - keepMs);
      await deleteInChunks(uow, { ...rule, before, ...(signal === undefined ? {} : { signal }) });
    }
  }
}
