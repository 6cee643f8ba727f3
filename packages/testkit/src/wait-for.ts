import { SystemClock, type Clock } from '@spotopt/kernel';

export interface WaitForOptions {
  /** @default 30 s */
  readonly timeoutMs?: number;
  /** For the failure message. */
  readonly what: string;
  /** @default 10 */
  readonly everyMs?: number;
}

const REAL_TIME: Clock = new SystemClock();

type Falsy = false | null | undefined | 0 | '';

/**
 * Calls `probe` until it answers something truthy, which is the result. A probe that throws (a failed
 * `expect`, say) is asked again; its last error is the cause of the failure when time is up.
 */
export async function waitFor<T>(
  probe: () => T | Promise<T>,
  options: WaitForOptions,
): Promise<Exclude<T, Falsy>> {
  const { timeoutMs = 30_000, what, everyMs = 10 } = options;
  const giveUpAtMs = REAL_TIME.nowMs() + timeoutMs;
  for (;;) {
    let failure: unknown;
    try {
      const value = await probe();
      if (isTruthy(value)) return value;
    } catch (error) {
      failure = error;
    }
    if (REAL_TIME.nowMs() >= giveUpAtMs) {
      const reason = failure instanceof Error ? `: ${failure.message}` : '';
      throw new Error(`waited ${String(timeoutMs)} ms in vain for ${what}${reason}`, { cause: failure });
    }
    await REAL_TIME.sleep(everyMs);
  }
}

function isTruthy<T>(value: T): value is Exclude<T, Falsy> {
  return Boolean(value);
}
