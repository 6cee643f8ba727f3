import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { LeasedTask, type LeasedTaskSettings } from '@spotopt/persistence';
import type { DecideDue } from './decide-due.js';

/** Looks for due decisions on a schedule, in one process at a time. */
export class DecideJob implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #task: LeasedTask;

  constructor(settings: Omit<LeasedTaskSettings, 'name'>, decideDue: DecideDue) {
    this.#task = new LeasedTask({ ...settings, name: 'decision.decide-due' }, ({ signal }) =>
      decideDue.execute(signal),
    );
  }

  onApplicationBootstrap(): void {
    this.#task.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.#task.stop();
  }

  /** Something happened that may make a decision due: look now. */
  nudge(): void {
    this.#task.nudge();
  }
}
