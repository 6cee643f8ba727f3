/** The long-lived program that the instance exists for. Every method is idempotent. */
export abstract class Workload {
  /** Resolves when it serves. @throws AppError `workload-failed` */
  abstract start(epoch: number): Promise<void>;
  /** Resolves when it serves no more and its state is flushed. @throws AppError `workload-failed` */
  abstract stop(): Promise<void>;
  /** Brings a standby up to date without serving; tells its progress in percent. */
  abstract warmUp(onProgress: (percent: number) => void): Promise<void>;
  abstract isServing(): boolean;
}
