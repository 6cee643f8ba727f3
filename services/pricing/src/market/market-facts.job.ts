import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { LeasedTask, type LeasedTaskSettings } from '@spotopt/persistence';

export interface MarketFactsJobSettings extends Omit<LeasedTaskSettings, 'name'> {
  readonly readDue: (signal: AbortSignal) => Promise<void>;
}

/** Reads the facts of markets that are due, in one process at a time. */
export class MarketFactsJob implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #task: LeasedTask;

  constructor({ readDue, ...settings }: MarketFactsJobSettings) {
    this.#task = new LeasedTask({ ...settings, name: 'pricing.read-market-facts' }, ({ signal }) =>
      readDue(signal),
    );
  }

  onApplicationBootstrap(): void {
    this.#task.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.#task.stop();
  }

  /** A market came into play: read about it now. */
  nudge(): void {
    this.#task.nudge();
  }
}
