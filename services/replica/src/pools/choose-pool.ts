import { poolIdOf } from '@spotopt/contracts';
import type { Pool, PoolBlock } from './ports.js';

export interface PoolChoice {
  readonly poolId: string;
  readonly mode: 'spot' | 'ondemand';
}

export interface PoolQuestion {
  readonly pools: readonly Pool[];
  readonly blocks: readonly PoolBlock[];
  readonly primary: { readonly poolId: string; readonly az: string };
  readonly excludeZones?: readonly string[];
}

/**
 * Where a standby goes: the cheapest pool that shares neither pool nor zone with the primary and is not
 * blocked (CT-46). Null when there is none: beside the primary it would die with it.
 */
export function choosePool(question: PoolQuestion): PoolChoice | null {
  const blocked = new Set(question.blocks.map((block) => block.poolId));
  const excluded = new Set([question.primary.az, ...(question.excludeZones ?? [])]);
  const best = question.pools
    .filter((pool) => pool.poolId !== question.primary.poolId && !excluded.has(pool.az))
    .filter((pool) => !blocked.has(pool.poolId))
    .sort((a, b) => a.spotUsdPerHour - b.spotUsdPerHour || a.poolId.localeCompare(b.poolId))[0];
  return best === undefined ? null : { poolId: best.poolId, mode: 'spot' };
}

/**
 * Where a replacement goes when there is no time to be choosy: another zone's spot pool, else on-demand in
 * another zone, and only at the very end the zone that is being reclaimed (CT-48).
 */
export function chooseEmergencyPool(question: PoolQuestion & { readonly instanceType: string }): PoolChoice {
  const spot = choosePool(question);
  if (spot !== null) return spot;
  const zones = [...new Set(question.pools.map((pool) => pool.az))].sort();
  const az = zones.find((zone) => zone !== question.primary.az) ?? question.primary.az;
  return { poolId: poolIdOf(question.instanceType, az), mode: 'ondemand' };
}

const BLOCK_BASE_MS = 10 * 60_000;
const BLOCK_MAX_MS = 6 * 60 * 60_000;

/**
 * The next block of a pool that failed again: 10 minutes, doubled by each failure, at most 6 hours. A pool that
 * caused no trouble for 6 hours after its last block begins anew.
 */
export function nextBlock(
  poolId: string,
  previous: PoolBlock | null,
  options: { readonly nowMs: number; readonly reason: string },
): PoolBlock {
  const isForgotten = previous !== null && options.nowMs - previous.until.getTime() > BLOCK_MAX_MS;
  const failures = isForgotten ? 1 : (previous?.failures ?? 0) + 1;
  const durationMs = Math.min(BLOCK_MAX_MS, BLOCK_BASE_MS * 2 ** (failures - 1));
  return { poolId, until: new Date(options.nowMs + durationMs), failures, reason: options.reason };
}
