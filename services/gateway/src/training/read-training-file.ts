import { ListTrainingSets, TrainingSetPiece } from '@spotopt/contracts';
import type { TrainingSetView } from '@spotopt/contracts';
import { AppError } from '@spotopt/kernel';
import { createHash } from 'node:crypto';
import { notFound } from '../caller.js';
import type { ServiceRequests } from '../ports.js';

export interface TrainingFile {
  readonly set: TrainingSetView & { readonly sha256: string };
  /** The bytes of the file, piece by piece. */
  readonly pieces: AsyncGenerator<Uint8Array>;
}

/** A piece is read from a table; the owner may be busy making another set. */
const PIECE_TIMEOUT_MS = 10_000;

/** Fetches the file of a set piece by piece: never more than one is in memory. */
export class ReadTrainingFile {
  constructor(private readonly requests: ServiceRequests) {}

  /** @throws AppError `not-found`, `training-set-without-file` (permanent) */
  async execute(setId: string): Promise<TrainingFile> {
    const [set] = (await this.requests.ask(ListTrainingSets, { setId })).sets;
    if (set === undefined) throw notFound('training set');
    const { sha256 } = set;
    if (sha256 === null || set.fileUntil === null) {
      const why = set.error ?? (set.state === 'completed' ? 'make it again' : `it is ${set.state}`);
      throw AppError.permanent('training-set-without-file', `there is no file: ${why}`);
    }
    return { set: { ...set, sha256 }, pieces: this.#pieces(setId, sha256) };
  }

  /** The last piece stays here when the whole is not what was recorded, so that nobody takes it for complete. */
  async *#pieces(setId: string, sha256: string): AsyncGenerator<Uint8Array> {
    const hash = createHash('sha256');
    for (let number = 0; ; number += 1) {
      const request = { setId, number };
      const { base64, last } = await this.requests.ask(TrainingSetPiece, request, {
        timeoutMs: PIECE_TIMEOUT_MS,
      });
      const piece = Buffer.from(base64, 'base64');
      hash.update(piece);
      if (last && hash.digest('hex') !== sha256) {
        throw AppError.bug('training-set-damaged', `the file of ${setId} is not the one that was recorded`);
      }
      yield piece;
      if (last) return;
    }
  }
}
