import type { Tx } from '@spotopt/kernel';
import type { PriceChange } from './risk.js';

export abstract class PriceStore {
  /** Of no effect for a change that is already stored. */
  abstract add(tx: Tx, poolId: string, change: PriceChange): Promise<void>;
  /** Changes since `sinceMs` and the one in force then, oldest first. */
  abstract list(tx: Tx, poolId: string, sinceMs: number): Promise<PriceChange[]>;
}
