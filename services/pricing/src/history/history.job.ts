import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { LeasedTask, type LeasedTaskSettings } from '@spotopt/persistence';
import type { ReadHistory } from './read-history.js';

export interface HistoryJobSettings extends Omit<LeasedTaskSettings, 'name'> {
  /** Without it the job never runs and prices come from reports only. */
  readonly enabled: boolean;
}

/** Reads the price history on a schedule, in one process at a time. */
export class HistoryJob implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #task: LeasedTask;

  constructor(
    private readonly settings: HistoryJobSettings,
    readHistory: ReadHistory,
  ) {
    this.#task = new LeasedTask({ ...settings, name: 'pricing.read-history' }, ({ signal }) =>
      readHistory.execute(signal),
    );
  }

  onApplicationBootstrap(): void {
    if (this.settings.enabled) this.#task.start();
  }

  async onModuleDestroy(): Promise<void> {
    if (this.settings.enabled) await this.#task.stop();
  }

  /** A market came into play: read it now. */
  nudge(): void {
    if (this.settings.enabled) this.#task.nudge();
  }
}
