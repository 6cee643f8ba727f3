import { describe, expect, it } from '@jest/globals';
import { SequenceIds, mulberry32, recordingLogger, waitFor } from './index.js';

describe('waitFor', () => {
  it('answers the first truthy value', async () => {
    let asked = 0;
    const value = await waitFor(() => (asked += 1) >= 3 && `asked ${String(asked)}`, {
      what: 'three',
      everyMs: 1,
    });
    expect(value).toBe('asked 3');
  });

  it('asks a probe again that threw', async () => {
    let asked = 0;
    await waitFor(
      () => {
        asked += 1;
        if (asked === 1) throw new Error('not yet');
        return true;
      },
      { what: 'no error', everyMs: 1 },
    );
    expect(asked).toBe(2);
  });

  it('fails with what it waited for and the last error', async () => {
    const failing = waitFor(() => Promise.reject(new Error('still red')), {
      what: 'green',
      timeoutMs: 20,
      everyMs: 5,
    });
    await expect(failing).rejects.toThrow('waited 20 ms in vain for green: still red');
  });
});

describe('deterministic sources', () => {
  it('counts ids', () => {
    const ids = new SequenceIds('switch');
    expect([ids.next(), ids.next()]).toEqual(['switch-0001', 'switch-0002']);
  });

  it('gives the same numbers for the same seed, spread over [0, 1)', () => {
    const numbers = (seed: number): number[] => Array.from({ length: 1_000 }, mulberry32(seed));
    expect(numbers(1)).toEqual(numbers(1));
    expect(numbers(1)).not.toEqual(numbers(2));
    const mean = numbers(3).reduce((sum, value) => sum + value, 0) / 1_000;
    expect(mean).toBeGreaterThan(0.45);
    expect(mean).toBeLessThan(0.55);
    expect(Math.min(...numbers(3))).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers(3))).toBeLessThan(1);
  });
});

describe('recordingLogger', () => {
  it('keeps what it and its children are told', () => {
    const logger = recordingLogger();
    logger.info({ a: 1 }, 'one');
    logger.child({ agent: 'x' }).warn({ b: 2 }, 'two');
    expect(logger.messages('warn')).toEqual(['two']);
    expect(logger.entries.map((entry) => entry.details)).toEqual([{ a: 1 }, { agent: 'x', b: 2 }]);
  });
});
