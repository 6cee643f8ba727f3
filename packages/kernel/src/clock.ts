import { setTimeout as delay } from 'node:timers/promises';

/** Source of time for everything that decides or waits. All times are UTC milliseconds since the epoch. */
export abstract class Clock {
  /** Present time, in milliseconds since the epoch. */
  abstract nowMs(): number;

  /**
   * Resolves after `durationMs` of this clock's time, or at once when `signal` is aborted.
   * Never rejects: a loop looks at its signal after each sleep.
   */
  abstract sleep(durationMs: number, signal?: AbortSignal): Promise<void>;

  now(): Date {
    return new Date(this.nowMs());
  }

  /**
   * `intervalMs` of this clock, but no less than `realFloorMs` of real time: a sweep on a fast clock must not
   * become a busy loop.
   */
  noShorterThan(realFloorMs: number, intervalMs: number): number {
    return Math.max(intervalMs, realFloorMs * this.speed());
  }

  /** Seconds of this clock per real second. */
  protected speed(): number {
    return 1;
  }
}

async function realSleep(durationMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return;
  try {
    await delay(Math.max(0, durationMs), undefined, signal === undefined ? {} : { signal });
  } catch {
    // The only rejection of a timer is its abort, which ends the wait as promised.
  }
}

export class SystemClock extends Clock {
  override nowMs(): number {
    return Date.now();
  }

  override sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    return realSleep(durationMs, signal);
  }
}

export interface ScaledClockSettings {
  /** Simulated time at `realStartMs`. */
  readonly startMs: number;
  /** Wall-clock time at which simulated time was `startMs`; processes that share it agree on the time. */
  readonly realStartMs: number;
  /** Simulated seconds per real second; above 0. */
  readonly speed: number;
}

/** Time that runs `speed` times as fast as the wall clock, so that a simulated day passes in minutes. */
export class ScaledClock extends Clock {
  constructor(readonly settings: ScaledClockSettings) {
    super();
  }

  override nowMs(): number {
    const { startMs, realStartMs, speed } = this.settings;
    return Math.floor(startMs + (Date.now() - realStartMs) * speed);
  }

  override sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    return realSleep(durationMs / this.settings.speed, signal);
  }

  protected override speed(): number {
    return this.settings.speed;
  }
}
