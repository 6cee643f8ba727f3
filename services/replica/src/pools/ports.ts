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

/** Null holds for everybody: the pool had no machine. A tenant's missing rights or subnets are its own affair. */
export type BlockScope = string | null;

/** Projection of pricing's events, and this service's own memory of pools that interrupted or refused. */
export abstract class PoolStore {
  /** Keeps the newer of the stored and the given price. */
  abstract savePrice(tx: Tx, pool: Pool): Promise<void>;
  abstract find(tx: Tx, poolId: string): Promise<Pool | null>;
  abstract list(tx: Tx, region: string, instanceType: string): Promise<Pool[]>;
  /** Those that hold for everybody, and the tenant's own. */
  abstract listBlocks(tx: Tx, at: Date, clientId: string): Promise<PoolBlock[]>;
  abstract findBlock(tx: Tx, poolId: string, scope: BlockScope): Promise<PoolBlock | null>;
  abstract saveBlock(tx: Tx, block: PoolBlock, scope: BlockScope): Promise<void>;
}
