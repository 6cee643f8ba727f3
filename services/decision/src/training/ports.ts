import type { CanonicalRow } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import { QueuedJobStore } from '../queue/ports.js';
import type { TrainingSet } from './training-set.js';

export type { TrainingSet } from './training-set.js';

export abstract class TrainingSetStore extends QueuedJobStore<TrainingSet> {
  /** False when a set of this name and version exists. */
  abstract add(tx: Tx, set: TrainingSet): Promise<boolean>;
  /** Version of the newest set of the name; 0 when there is none. */
  abstract lastVersion(tx: Tx, name: string): Promise<number>;
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
