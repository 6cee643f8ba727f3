import type { Tx } from '@spotopt/kernel';

/** What this service knows of a spot pool: its price in force, and whether it lately failed us. */
export interface Pool {
  readonly poolId: string;
  readonly region: string;
  readonly az: string;
  readonly instanceType: string;
  readonly spotUsdPerHour: number;
  readonly onDemandUsdPerHour: number | null;
  readonly observedAt: Date;
}

export interface PoolBlock {
  readonly poolId: string;
  readonly until: Date;
  /** Failures in a row; the block grows with each. */
  readonly failures: number;
  readonly reason: string;
}

/** Projection of pricing's events, and this service's own memory of pools that interrupted or refused. */
export abstract class PoolStore {
  /** Keeps the newer of the stored and the given price. */
  abstract savePrice(tx: Tx, pool: Pool): Promise<void>;
  abstract find(tx: Tx, poolId: string): Promise<Pool | null>;
  abstract list(tx: Tx, region: string, instanceType: string): Promise<Pool[]>;
  abstract listBlocks(tx: Tx, at: Date): Promise<PoolBlock[]>;
  abstract findBlock(tx: Tx, poolId: string): Promise<PoolBlock | null>;
  abstract saveBlock(tx: Tx, block: PoolBlock): Promise<void>;
}
