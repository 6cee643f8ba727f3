import { AppError } from '@spotopt/kernel';
import { Workload } from './workload.js';

/** A program in memory that remembers what it was told. */
export class FakeWorkload extends Workload {
  readonly calls: string[] = [];
  failNext = false;
  #serving = false;

  override async start(epoch: number): Promise<void> {
    await this.#call(`start ${String(epoch)}`);
    this.#serving = true;
  }

  override async stop(): Promise<void> {
    await this.#call('stop');
    this.#serving = false;
  }

  override async warmUp(onProgress: (percent: number) => void): Promise<void> {
    await this.#call('warm-up');
    for (const percent of [0, 50, 100]) onProgress(percent);
  }

  override isServing(): boolean {
    return this.#serving;
  }

  async #call(name: string): Promise<void> {
    await Promise.resolve();
    this.calls.push(name);
    if (!this.failNext) return;
    this.failNext = false;
    throw AppError.transient('workload-failed', `${name} failed`);
  }
}
