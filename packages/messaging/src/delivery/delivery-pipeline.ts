import { AppError, KeyedLanes, backoffMs, toAppError } from '@spotopt/kernel';
import type { BackoffSettings, Clock } from '@spotopt/kernel';
import type { BusLogger } from '../bus-logger.js';
import type { AttemptStore, Delivery, DeliveryHandler } from '../message-bus.js';
import { parkingNote } from './settlement.js';
import type { ParkingNote, Settlement } from './settlement.js';

export interface PipelineSettings {
  readonly queue: string;
  readonly handler: DeliveryHandler;
  readonly laneOf?: ((delivery: Delivery) => string) | undefined;
  readonly maxAttempts?: number | undefined;
  readonly retry?: BackoffSettings | undefined;
}

export interface PipelineEnvironment {
  readonly clock: Clock;
  readonly attempts: AttemptStore;
  readonly logger: BusLogger;
  readonly random: () => number;
}

type Verdict =
  | { readonly kind: 'done' }
  | { readonly kind: 'give-back' }
  | { readonly kind: 'park'; readonly note: ParkingNote }
  | { readonly kind: 'retry'; readonly delayMs: number };

/** One delivery on its way through its attempts. */
interface Run {
  readonly delivery: Delivery;
  readonly settlement: Settlement;
  attempt: number;
  /** The next attempt gets a new number; false after a failure that was not the message's fault. */
  counts: boolean;
  /** Failures in a row of things that are not the message's fault. */
  outages: number;
  stored: boolean;
}

const DEFAULT_RETRY: BackoffSettings = { initialMs: 200, maxMs: 10_000 };
const DEFAULT_MAX_ATTEMPTS = 5;
const OVERDUE = Symbol('overdue');

/**
 * What happens to a delivery between the transport and the handler, the same for every transport: lanes,
 * attempts, back-off, parking, drain. A message keeps its place in its lane while it is tried again, so the
 * order within a lane holds; other lanes go on.
 */
export class DeliveryPipeline {
  readonly #lanes = new KeyedLanes();
  readonly #inWork = new Set<Promise<void>>();
  #draining = new AbortController();
  #overdue = new AbortController();

  constructor(
    private readonly settings: PipelineSettings,
    private readonly environment: PipelineEnvironment,
  ) {}

  accept(delivery: Delivery, settlement: Settlement): void {
    const task = this.#lanes
      .run(this.#laneOf(delivery), () => this.#handle(delivery, settlement))
      .catch((error: unknown) => {
        this.environment.logger.error(this.#about(delivery, error), 'delivery could not be settled');
      })
      .finally(() => this.#inWork.delete(task));
    this.#inWork.add(task);
  }

  /** Takes deliveries again after a drain. */
  open(): void {
    this.#draining = new AbortController();
    this.#overdue = new AbortController();
  }

  /**
   * Gives back what has not begun or waits for another attempt, and resolves when the handlers that run
   * have finished. With a deadline, gives back those as well when it passes, and does not wait for them.
   */
  async drain(deadline?: AbortSignal): Promise<void> {
    this.#draining.abort();
    const expire = () => {
      this.#overdue.abort();
    };
    if (deadline?.aborted === true) expire();
    deadline?.addEventListener('abort', expire, { once: true });
    while (this.#inWork.size > 0) await Promise.all(this.#inWork);
    deadline?.removeEventListener('abort', expire);
  }

  #laneOf(delivery: Delivery): string {
    const { laneOf } = this.settings;
    if (laneOf === undefined) return '';
    try {
      return laneOf(delivery);
    } catch (error) {
      this.environment.logger.debug(this.#about(delivery, error), 'delivery without a lane');
      return '';
    }
  }

  async #handle(delivery: Delivery, settlement: Settlement): Promise<void> {
    const run: Run = { delivery, settlement, attempt: 0, counts: true, outages: 0, stored: false };
    while (!settlement.lost.aborted && !this.#draining.signal.aborted) {
      const verdict = await this.#attempt(run);
      if (verdict.kind === 'give-back') break;
      if (verdict.kind === 'retry') {
        await this.#wait(verdict.delayMs, settlement);
        continue;
      }
      if (settlement.lost.aborted) return;
      if (verdict.kind === 'done') settlement.acknowledge();
      else if (!(await this.#park(run, verdict.note))) break;
      await this.#forget(run);
      return;
    }
    if (!settlement.lost.aborted) settlement.giveBack();
  }

  async #attempt(run: Run): Promise<Verdict> {
    const maxAttempts = this.settings.maxAttempts ?? DEFAULT_MAX_ATTEMPTS;
    try {
      await this.#count(run);
    } catch (error) {
      return this.#outage(run, error, 'attempts cannot be counted');
    }
    if (run.attempt > maxAttempts) {
      const error = AppError.bug('unfinished-attempts', 'no attempt at this message ever came to an end');
      return { kind: 'park', note: parkingNote(error, run.attempt - 1) };
    }
    try {
      return (await this.#runHandler(run)) === OVERDUE ? { kind: 'give-back' } : { kind: 'done' };
    } catch (error) {
      return this.#judge(run, toAppError(error), maxAttempts);
    }
  }

  /** The first attempt at a fresh message needs no write: if it never ends, the message is not fresh any more. */
  async #count(run: Run): Promise<void> {
    if (!run.counts) return;
    const { queue } = this.settings;
    if (run.attempt === 0 && run.settlement.fresh) {
      run.attempt = 1;
    } else {
      const stored = await this.environment.attempts.begin(queue, run.delivery.messageId);
      run.attempt = run.settlement.fresh ? stored + 1 : stored;
      run.stored = true;
    }
    run.counts = false;
    run.outages = 0;
  }

  async #runHandler(run: Run): Promise<typeof OVERDUE | undefined> {
    const signal = this.#overdue.signal;
    const context = { attempt: run.attempt, queue: this.settings.queue, signal };
    let stopWaiting: (() => void) | undefined;
    const overdue = new Promise<typeof OVERDUE>((resolve) => {
      stopWaiting = () => {
        resolve(OVERDUE);
      };
      signal.addEventListener('abort', stopWaiting, { once: true });
    });
    const handled = this.settings.handler(run.delivery, context).then(() => undefined);
    try {
      return await Promise.race([handled, overdue]);
    } finally {
      if (stopWaiting !== undefined) signal.removeEventListener('abort', stopWaiting);
    }
  }

  #judge(run: Run, error: AppError, maxAttempts: number): Verdict {
    if (error.code === 'database-unavailable') {
      return this.#outage(run, error, 'database unavailable, attempt not counted');
    }
    if (error.kind === 'permanent' || run.attempt >= maxAttempts) {
      return { kind: 'park', note: parkingNote(error, run.attempt) };
    }
    run.counts = true;
    this.environment.logger.warn(this.#about(run.delivery, error, run.attempt), 'attempt failed');
    return { kind: 'retry', delayMs: Math.max(this.#backoffMs(run.attempt), error.retryAfterMs ?? 0) };
  }

  #outage(run: Run, error: unknown, message: string): Verdict {
    run.outages += 1;
    this.environment.logger.warn(this.#about(run.delivery, error, run.attempt), message);
    return { kind: 'retry', delayMs: this.#backoffMs(run.outages) };
  }

  /** False when the message must go back because the bus is closing or its transport was lost. */
  async #park(run: Run, note: ParkingNote): Promise<boolean> {
    const { settlement, delivery } = run;
    for (let failures = 1; ; failures += 1) {
      try {
        await settlement.park(note);
        this.environment.logger.error({ ...this.#about(delivery), ...note }, 'message parked');
        return true;
      } catch (error) {
        this.environment.logger.warn(this.#about(delivery, error), 'message could not be parked');
      }
      await this.#wait(this.#backoffMs(failures), settlement);
      if (settlement.lost.aborted || this.#draining.signal.aborted) return false;
    }
  }

  async #forget(run: Run): Promise<void> {
    if (!run.stored && run.settlement.fresh) return;
    try {
      await this.environment.attempts.forget(this.settings.queue, run.delivery.messageId);
    } catch (error) {
      this.environment.logger.debug(this.#about(run.delivery, error), 'attempt count left behind');
    }
  }

  #wait(durationMs: number, settlement: Settlement): Promise<void> {
    const signal = AbortSignal.any([settlement.lost, this.#draining.signal]);
    return this.environment.clock.sleep(durationMs, signal);
  }

  #backoffMs(attempt: number): number {
    return backoffMs(attempt, this.settings.retry ?? DEFAULT_RETRY, this.environment.random());
  }

  #about(delivery: Delivery, error?: unknown, attempt?: number): object {
    return {
      queue: this.settings.queue,
      messageId: delivery.messageId,
      type: delivery.type,
      ...(attempt === undefined ? {} : { attempt }),
      ...(error === undefined ? {} : { err: error }),
    };
  }
}
