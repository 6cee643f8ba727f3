import { AppError, type Tx } from '@spotopt/kernel';
import type { RiskStore } from '../risk/ports.js';
import type { SetPool } from './training-set.js';

const MAX_POOLS = 500;

/**
 * The pools of a region and of some instance types, sorted.
 * @throws AppError `invalid-training-pools` (permanent) when there is none, or too many
 */
export async function poolsOf(
  tx: Tx,
  risks: RiskStore,
  { region, instanceTypes }: { region: string | null; instanceTypes: readonly string[] | null },
): Promise<SetPool[]> {
  const all = await risks.list(tx, { region, instanceType: null, label: null, poolIds: null });
  const pools = all
    .filter(({ instanceType }) => instanceTypes === null || instanceTypes.includes(instanceType))
    .map(({ poolId, watchedSince }) => ({ poolId, watchedSince: watchedSince.toISOString() }))
    .sort((a, b) => (a.poolId < b.poolId ? -1 : 1));
  if (pools.length > 0 && pools.length <= MAX_POOLS) return pools;
  const found = pools.length === 0 ? 'no known pool fits' : `${String(pools.length)} pools fit`;
  throw AppError.permanent(
    'invalid-training-pools',
    `region, instance_types: ${found}; expected 1 to ${String(MAX_POOLS)}`,
  );
}
