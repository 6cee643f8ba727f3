import type { CanonicalRow } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import type { TrainingSet } from './training-set.js';

export type { TrainingSet } from './training-set.js';

export abstract class TrainingSetStore {
  /** False when a set of this name and version exists. */
  abstract add(tx: Tx, set: TrainingSet): Promise<boolean>;
  abstract find(tx: Tx, setId: string): Promise<TrainingSet | null>;
  /** Newest first. */
  abstract list(tx: Tx, limit: number): Promise<TrainingSet[]>;
  /** Version of the newest set of the name; 0 when there is none. */
  abstract lastVersion(tx: Tx, name: string): Promise<number>;
  /** Oldest set that is to be made, or whose making was cut off. */
  abstract next(tx: Tx): Promise<TrainingSet | null>;
  /** Answers the set as it is stored now. @throws AppError `version-conflict` (transient) when somebody else wrote */
  abstract save(tx: Tx, before: TrainingSet, next: TrainingSet): Promise<TrainingSet>;
  abstract addPiece(
    tx: Tx,
    piece: { setId: string; number: number; body: Uint8Array; madeAt: Date },
  ): Promise<void>;
  abstract piece(tx: Tx, setId: string, number: number): Promise<Uint8Array | null>;
  abstract countPieces(tx: Tx, setId: string): Promise<number>;
  abstract removePieces(tx: Tx, setId: string): Promise<void>;
}

/** Consolidated prices with what happened to machines, from their owner. */
export abstract class CanonicalPriceReader {
  /** Pages of one pool, oldest first. */
  abstract pages(
    poolId: string,
    span: { readonly from: Date; readonly until: Date },
    signal?: AbortSignal,
  ): AsyncGenerator<readonly CanonicalRow[]>;
}
