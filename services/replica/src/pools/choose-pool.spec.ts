import { describe, expect, it } from '@jest/globals';
import { chooseEmergencyPool, choosePool, nextBlock, type PoolQuestion } from './choose-pool.js';
import type { Pool } from './ports.js';

const NOW_MS = Date.parse('2026-11-21T12:00:00.000Z');
const MINUTE_MS = 60_000;
const pool = (zone: string, spotUsdPerHour: number): Pool => ({
  poolId: `t3.medium.us-east-1${zone}`,
  region: 'us-east-1',
  az: `us-east-1${zone}`,
  instanceType: 't3.medium',
  spotUsdPerHour,
  onDemandUsdPerHour: 0.0416,
  observedAt: new Date(NOW_MS),
});
const POOLS = [pool('a', 0.01), pool('b', 0.012), pool('c', 0.011)];
const PRIMARY = { poolId: 't3.medium.us-east-1a', az: 'us-east-1a' };
const blocked = (zone: string) => nextBlock(pool(zone, 1).poolId, null, { nowMs: NOW_MS, reason: 'test' });

describe('the pool of a standby', () => {
  it.each<[string, Partial<PoolQuestion>, string | null]>([
    ['the cheapest of another zone', {}, 'c'],
    ['not a blocked one', { blocks: [blocked('c')] }, 'b'],
    ['not in an excluded zone', { excludeZones: ['us-east-1c'] }, 'b'],
    ['the first name among equals', { pools: [pool('c', 0.01), pool('b', 0.01)] }, 'b'],
    ['none beside the primary', { pools: [pool('a', 0.01)] }, null],
    ['none when all are blocked', { blocks: [blocked('b'), blocked('c')] }, null],
    ['none without prices', { pools: [] }, null],
  ])('%s', (_case, question, zone) => {
    const choice = choosePool({ pools: POOLS, blocks: [], primary: PRIMARY, ...question });
    expect(choice).toEqual(zone === null ? null : { poolId: `t3.medium.us-east-1${zone}`, mode: 'spot' });
  });
});

describe('the pool of a replacement in an emergency', () => {
  const choose = (pools: readonly Pool[], blocks: readonly ReturnType<typeof blocked>[] = []) =>
    chooseEmergencyPool({ pools, blocks, primary: PRIMARY, instanceType: 't3.medium' });

  it('is spot elsewhere, then on-demand elsewhere, and the same zone only at the very end', () => {
    expect(choose(POOLS)).toEqual({ poolId: 't3.medium.us-east-1c', mode: 'spot' });
    expect(choose(POOLS, [blocked('b'), blocked('c')])).toEqual({
      poolId: 't3.medium.us-east-1b',
      mode: 'ondemand',
    });
    expect(choose([])).toEqual({ poolId: 't3.medium.us-east-1a', mode: 'ondemand' });
  });
});

describe('the block of a pool', () => {
  it('doubles with each failure, up to six hours', () => {
    let block = blocked('a');
    const minutes: number[] = [];
    for (let failure = 1; failure <= 8; failure += 1) {
      minutes.push((block.until.getTime() - NOW_MS) / MINUTE_MS);
      block = nextBlock(block.poolId, block, { nowMs: NOW_MS, reason: 'again' });
    }
    expect(minutes).toEqual([10, 20, 40, 80, 160, 320, 360, 360]);
  });

  it('begins anew after six quiet hours', () => {
    const block = blocked('a');
    const afterMs = (ms: number) =>
      nextBlock(block.poolId, block, { nowMs: block.until.getTime() + ms, reason: 'later' });
    expect(afterMs(6 * 60 * MINUTE_MS).failures).toBe(2);
    expect(afterMs(6 * 60 * MINUTE_MS + 1).failures).toBe(1);
  });
});
