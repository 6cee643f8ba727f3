import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Deadline, SystemClock } from '@spotopt/kernel';
import type { MessageBus } from '@spotopt/messaging';

export interface HealthResult {
  readonly ok: boolean;
  readonly detail: string;
}

/** One thing that must work for the service to do its job. Says what is wrong in words an operator can use. */
export interface HealthIndicator {
  readonly name: string;
  check(): Promise<HealthResult> | HealthResult;
}

export interface HealthReport {
  readonly status: 'up' | 'down';
  readonly checks: Readonly<Record<string, HealthResult>>;
}

const CHECK_TIMEOUT_MS = 3_000;

async function outcomeOf(indicator: HealthIndicator): Promise<HealthResult> {
  try {
    return await Deadline.after(new SystemClock(), CHECK_TIMEOUT_MS).race(indicator.name, async () =>
      indicator.check(),
    );
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

/** Runs every indicator at the same time; one that hangs counts as down. */
export async function checkHealth(indicators: readonly HealthIndicator[]): Promise<HealthReport> {
  const results = await Promise.all(
    indicators.map(async (indicator) => [indicator.name, await outcomeOf(indicator)] as const),
  );
  return {
    status: results.every(([, result]) => result.ok) ? 'up' : 'down',
    checks: Object.fromEntries(results),
  };
}

export function databaseIndicator(database: { health(): Promise<void> }): HealthIndicator {
  return {
    name: 'database',
    check: async () => {
      await database.health();
      return { ok: true, detail: 'answers' };
    },
  };
}

/** Connected is not enough: a queue that nobody consumes is a service that does nothing. */
export function busIndicator(bus: MessageBus): HealthIndicator {
  return {
    name: 'bus',
    check: () => {
      const { connected, notConsuming } = bus.health();
      if (!connected) return { ok: false, detail: 'not connected to the message broker' };
      if (notConsuming.length > 0) return { ok: false, detail: `not consuming ${notConsuming.join(', ')}` };
      return { ok: true, detail: 'connected and consuming' };
    },
  };
}

/** An event that does not leave is an emergency that nobody hears of. */
export function outboxIndicator(oldestAgeMs: () => Promise<number>, limitMs = 30_000): HealthIndicator {
  return {
    name: 'outbox',
    check: async () => {
      const ageMs = await oldestAgeMs();
      return {
        ok: ageMs <= limitMs,
        detail: `oldest unsent event waits for ${String(Math.round(ageMs))} ms`,
      };
    },
  };
}

export interface EventLoopIndicator extends HealthIndicator {
  stop(): void;
}

/** Worst delay of the event loop since the last check. */
export function eventLoopIndicator(limitMs = 1_000): EventLoopIndicator {
  const histogram = monitorEventLoopDelay({ resolution: 20 });
  histogram.enable();
  return {
    name: 'event-loop',
    check: () => {
      const worstMs = histogram.max / 1e6;
      histogram.reset();
      return { ok: worstMs <= limitMs, detail: `worst delay ${worstMs.toFixed(0)} ms` };
    },
    stop: () => {
      histogram.disable();
    },
  };
}
