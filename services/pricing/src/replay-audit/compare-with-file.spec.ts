import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compareWithFile, type PriceChange } from './compare-with-file.js';

const T0 = Date.parse('2020-01-01T00:00:00Z');
const A = 'p3.2xlarge.us-east-1a';
const B = 'p3.2xlarge.us-east-1b';
const row = (minute: number, usdPerHour = 0.918, poolId = A): PriceChange => ({
  poolId,
  atMs: T0 + minute * 60_000,
  usdPerHour,
});
const scope = { poolIds: new Set([A]), fromMs: T0, untilMs: T0 + 60 * 60_000 };

describe('comparing the store with a price file', () => {
  it('holds for the same rows in any order, an unchanged price being a row too', () => {
    const file = [row(1), row(2), row(3, 0.95)];
    expect(compareWithFile(file, file.toReversed(), scope)).toMatchObject({
      holds: true,
      fileRows: 3,
      storedRows: 3,
    });
  });

  it('leaves out pools that are not in play and times outside', () => {
    const outside = [row(-1), row(61), row(5, 1, B)];
    expect(compareWithFile([row(0), row(60)], [row(0), row(60), ...outside], scope).holds).toBe(true);
  });

  it('names what is lost, doubled and invented', () => {
    const file = [row(1), row(2)];
    expect(compareWithFile(file, [row(1)], scope).lost).toEqual([row(2)]);
    expect(compareWithFile(file, [row(1), row(1), row(2)], scope).doubled).toEqual([row(1)]);
    expect(compareWithFile(file, [row(1), row(2), row(3)], scope).invented).toEqual([row(3)]);
    expect(compareWithFile(file, [row(1), row(2, 0.9)], scope)).toMatchObject({
      holds: false,
      lost: [row(2)],
      invented: [row(2, 0.9)],
    });
  });

  it('finds any single damage', () => {
    const files = fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(files, fc.nat(), fc.constantFrom('lose', 'double', 'change'), (minutes, pick, damage) => {
        const file = minutes.map((minute) => row(minute, 0.9 + minute / 1000));
        const index = pick % file.length;
        const hit = file[index] ?? row(0);
        const rest = file.toSpliced(index, 1);
        const damaged = {
          lose: rest,
          double: [...file, hit],
          change: [...rest, { ...hit, usdPerHour: hit.usdPerHour + 0.000001 }],
        }[damage];
        expect(compareWithFile(file, file.toReversed(), scope).holds).toBe(true);
        expect(compareWithFile(file, damaged, scope).holds).toBe(false);
      }),
      { seed: 20261121 },
    );
  });
});
