import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { LeasedTask, type LeasedTaskSettings } from '@spotopt/persistence';
import type { CloseDueDays } from './close-due-days.js';
import type { ForgetOldDays } from './forget-old-days.js';

/** Closes days soon after they are due and forgets the oldest, in one process at a time. */
export class LedgerJob implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #task: LeasedTask;

  constructor(
    settings: Omit<LeasedTaskSettings, 'name'>,
    closeDueDays: CloseDueDays,
    forgetOldDays: ForgetOldDays,
  ) {
    this.#task = new LeasedTask({ ...settings, name: 'pricing.close-days' }, async ({ signal }) => {
      await closeDueDays.execute(signal);
      await forgetOldDays.execute(signal);
    });
  }

  onApplicationBootstrap(): void {
    this.#task.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.#task.stop();
  }
}
