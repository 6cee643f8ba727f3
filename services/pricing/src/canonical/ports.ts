import type { Tx } from '@spotopt/kernel';
import type { Span } from '../series/ports.js';
import type { CanonicalPrice, PoolLife } from './canonical.js';

export type { CanonicalPrice, PoolLife } from './canonical.js';

export abstract class CanonicalStore {
  /** Rows whose bucket starts in the span, oldest first. */
  abstract range(tx: Tx, poolId: string, span: Span): Promise<CanonicalPrice[]>;

  abstract remove(tx: Tx, poolId: string, bucketsAt: readonly Date[]): Promise<void>;

  /** The rows must not exist. */
  abstract add(tx: Tx, rows: readonly CanonicalPrice[]): Promise<void>;

  /** Ordered by pool and time, after the given place. */
  abstract page(tx: Tx, query: CanonicalQuery): Promise<CanonicalPrice[]>;
}

export interface CanonicalQuery extends Span {
  /** Null for all. */
  readonly poolIds: readonly string[] | null;
  readonly minConfidence: number;
  readonly after: { readonly poolId: string; readonly bucketAt: Date } | null;
  readonly limit: number;
}

export abstract class PoolLives {
  /** What happened in the pool within the span. */
  abstract of(tx: Tx, poolId: string, span: Span): Promise<PoolLife>;
}
