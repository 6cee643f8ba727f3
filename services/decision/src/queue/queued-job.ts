/** The record of something that takes long: asked for at once, done by one process when its turn comes. */
export interface QueuedJob {
  readonly state: 'queued' | 'running' | 'completed' | 'failed';
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
  /** 0 to 1. */
  readonly progress: number;
  /** Why it failed, or why the last attempt did. */
  readonly error: string | null;
  /** Times that it was begun. */
  readonly attempts: number;
  /** Rises with every write. */
  readonly revision: number;
}

export const MAX_ATTEMPTS = 5;

/** What a job is when it is asked for. */
export function asked(createdAt: Date): QueuedJob {
  return {
    ...{ state: 'queued', createdAt, finishedAt: null, progress: 0, error: null },
    ...{ attempts: 0, revision: 0 },
  };
}

/** The next attempt, or the end of attempts. */
export function begun<Job extends QueuedJob>(job: Job, now: Date): Job {
  const attempts = job.attempts + 1;
  if (attempts <= MAX_ATTEMPTS) return { ...job, state: 'running', attempts, progress: 0 };
  return failed(job, job.error ?? `it was cut off ${String(MAX_ATTEMPTS)} times`, now);
}

/** Back to where it was before the attempt, which does not count. */
export function givenBack<Job extends QueuedJob>(job: Job): Job {
  return { ...job, state: 'queued', attempts: job.attempts - 1, progress: 0 };
}

export function failed<Job extends QueuedJob>(job: Job, error: string, now: Date): Job {
  return { ...job, state: 'failed', finishedAt: now, error };
}

export function completed<Job extends QueuedJob>(job: Job, now: Date): Job {
  return { ...job, state: 'completed', progress: 1, finishedAt: now, error: null };
}
