import { type LeasedRun, LeasedTask, type LeasedTaskSettings } from './leased-task.js';

export type LeasedJobSettings = Omit<LeasedTaskSettings, 'name'>;

/** A leased task that starts and stops with the Nest module that provides it: the two hooks are called by their names. */
export abstract class LeasedJob {
  readonly #task: LeasedTask;

  constructor(name: string, settings: LeasedJobSettings) {
    this.#task = new LeasedTask({ ...settings, name }, (run) => this.run(run));
  }

  onApplicationBootstrap(): void {
    this.#task.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.#task.stop();
  }

  /** There is something to do: do it now. */
  nudge(): void {
    this.#task.nudge();
  }

  /** In one process at a time, on schedule and when nudged. What it throws is logged, and the run repeated later. */
  protected abstract run(run: LeasedRun): Promise<void>;
}
