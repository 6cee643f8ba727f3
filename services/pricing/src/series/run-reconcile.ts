import type { PoolJob } from './pool-job.js';

/** A person does not want to wait for the next reconcile. */
export class RunReconcile {
  constructor(
    private readonly reconcile: Pick<PoolJob, 'request'>,
    /** Wakes whoever runs it. */
    private readonly wake: () => void,
  ) {}

  /** Answers the id of the job: the one under way when there is one. */
  async execute(): Promise<string> {
    const jobId = await this.reconcile.request();
    this.wake();
    return jobId;
  }
}
