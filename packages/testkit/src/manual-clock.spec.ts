import { describe, expect, it } from '@jest/globals';
import { PeriodicTask } from '@spotopt/kernel';
import { ManualClock } from './index.js';

const START = new Date('2026-11-21T12:00:00.000Z');

describe('ManualClock', () => {
  it('stands still until it is moved', async () => {
    const clock = new ManualClock(START);
    expect(clock.now()).toEqual(START);
    await clock.advance(1_500);
    expect(clock.nowMs()).toBe(START.getTime() + 1_500);
  });

  it('wakes sleepers in order, each at its own time', async () => {
    const clock = new ManualClock(0);
    const woken: [string, number][] = [];
    const sleeper = async (name: string, durationMs: number): Promise<void> => {
      await clock.sleep(durationMs);
      woken.push([name, clock.nowMs()]);
    };
    void sleeper('late', 300);
    void sleeper('early', 100);
    void sleeper('same', 300);
    void sleeper('never', 1_001);
    await clock.advance(1_000);
    expect(woken).toEqual([
      ['early', 100],
      ['late', 300],
      ['same', 300],
    ]);
    expect(clock.sleeping).toBe(1);
  });

  it('lets a woken loop sleep again within the same advance', async () => {
    const clock = new ManualClock(0);
    const runs: number[] = [];
    const task = new PeriodicTask(clock, { name: 'loop', intervalMs: 10, onError: () => undefined }, () => {
      runs.push(clock.nowMs());
      return Promise.resolve();
    }).start();
    await clock.advance(35);
    expect(runs).toEqual([0, 10, 20, 30]);
    await task.stop();
    expect(clock.sleeping).toBe(0);
  });

  it('ends a sleep when its signal is aborted', async () => {
    const clock = new ManualClock();
    const abort = new AbortController();
    const sleep = clock.sleep(1_000, abort.signal);
    abort.abort();
    await sleep;
    await clock.sleep(1_000, abort.signal);
    expect(clock.sleeping).toBe(0);
  });

  it('advances until a condition holds, up to a limit', async () => {
    const clock = new ManualClock(0);
    await clock.advanceUntil(() => clock.nowMs() >= 2_500, { stepMs: 1_000 });
    expect(clock.nowMs()).toBe(3_000);
    const vain = clock.advanceUntil(() => false, { limitMs: 5_000, what: 'rain' });
    await expect(vain).rejects.toThrow('rain did not come within 5000 ms');
  });
});
