import type { UnitOfWork } from '@spotopt/kernel';
import { type ChunkedDelete, deleteInChunks } from './delete-in-chunks.js';
import { LeasedTask, type LeasedTaskSettings } from './leased-task.js';

/** How long the rows of a table stay. */
export interface RetentionRule extends Omit<ChunkedDelete, 'before' | 'signal'> {
  readonly keepMs: number;
}

export interface RetentionSettings extends Omit<LeasedTaskSettings, 'name' | 'intervalMs'> {
  readonly uow: UnitOfWork;
  /** Tables that refer to others come before these. */
  readonly rules: readonly RetentionRule[];
}

const INTERVAL_MS = 3_600_000;
/** On a fast clock an hour is short; what is old by then may wait. */
const REAL_FLOOR_MS = 10_000;

/** Ends the stay of what is only kept for a while, a little at a time, in one process at a time. */
export class RetentionJob {
  readonly #task: LeasedTask;

  constructor(private readonly settings: RetentionSettings) {
    const { uow: _uow, rules: _rules, ...rest } = settings;
    const intervalMs = settings.clock.noShorterThan(REAL_FLOOR_MS, INTERVAL_MS);
    this.#task = new LeasedTask({ ...rest, name: 'retention', intervalMs }, ({ signal }) =>
      this.execute(signal),
    );
  }

  onApplicationBootstrap(): void {
    this.#task.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.#task.stop();
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
