import { deflateRawSync } from 'node:zlib';
import { type Clock, isAppError, type Tx, type UnitOfWork } from '@spotopt/kernel';
import type { MakeFile } from './make-file.js';
import type { TrainingSetStore } from './ports.js';
import { begun, failed, finished, type TrainingSet } from './training-set.js';

export interface MakeTrainingSetsDeps {
  readonly uow: UnitOfWork;
  readonly clock: Clock;
  readonly sets: TrainingSetStore;
  readonly makeFile: MakeFile;
}

export interface Run {
  readonly signal: AbortSignal;
  /** Refuses writes of a process that is no longer the one that makes sets. */
  readonly guard: (tx: Tx) => Promise<void>;
}

const DAY_MS = 86_400_000;
/** Files can be fetched for a week, and made again later; records stay. */
export const FILE_MS = 7 * DAY_MS;
/** Size of a piece at rest, before it is packed. */
export const PIECE_BYTES = 256 * 1024;
/** Progress is written when it moved by this. */
const PROGRESS_STEP = 0.02;

/** Makes the sets that were asked for, one after the other. A making that was cut off starts anew. */
export class MakeTrainingSets {
  constructor(private readonly deps: MakeTrainingSetsDeps) {}

  async execute(run: Run): Promise<void> {
    while (!run.signal.aborted) {
      const set = await this.deps.uow.read((tx) => this.deps.sets.next(tx));
      if (set === null) return;
      await this.#make(set, run);
    }
  }

  async #make(asked: TrainingSet, run: Run): Promise<void> {
    const { clock, sets, makeFile } = this.deps;
    const write = <T>(work: (tx: Tx) => Promise<T>): Promise<T> =>
      this.deps.uow.run(async (tx) => {
        await run.guard(tx);
        return work(tx);
      });
    let set = await write(async (tx) => {
      await sets.removePieces(tx, asked.setId);
      return sets.save(tx, asked, begun(asked, clock.now()));
    });
    if (set.state === 'failed') return;
    const save = async (next: TrainingSet): Promise<void> => {
      set = await write((tx) => sets.save(tx, set, next));
    };
    const pieces = new Pieces((body, number) =>
      write((tx) => sets.addPiece(tx, { setId: set.setId, number, body, madeAt: clock.now() })),
    );
    try {
      const made = await makeFile.execute(set, {
        signal: run.signal,
        write: (bytes) => pieces.add(bytes),
        progress: async (progress, rows) => {
          if (progress - set.progress < PROGRESS_STEP) return;
          await save({ ...set, progress, ...(set.sha256 === null ? { rows } : {}) });
        },
      });
      await pieces.finish();
      const now = clock.now();
      const done = finished(set, made, { now, fileUntil: new Date(now.getTime() + FILE_MS) });
      await write(async (tx) => {
        if (done.fileUntil === null) await sets.removePieces(tx, set.setId);
        set = await sets.save(tx, set, done);
      });
    } catch (error) {
      if (run.signal.aborted) return;
      await this.#giveUp(error, set, write);
    }
  }

  /** What may pass by itself is tried again later; anything else is the end of this set, not of the others. */
  async #giveUp(
    error: unknown,
    set: TrainingSet,
    write: (work: (tx: Tx) => Promise<unknown>) => Promise<unknown>,
  ): Promise<void> {
    const { clock, sets } = this.deps;
    const message = error instanceof Error ? error.message : String(error);
    const passes = isAppError(error) && error.kind === 'transient';
    await write(async (tx) => {
      if (!passes) await sets.removePieces(tx, set.setId);
      await sets.save(tx, set, passes ? { ...set, error: message } : failed(set, message, clock.now()));
    });
    if (passes) throw error;
  }
}

/** Cuts a stream of bytes into pieces of one size. */
class Pieces {
  #waiting: Uint8Array[] = [];
  #bytes = 0;
  #number = 0;

  constructor(private readonly keep: (body: Uint8Array, number: number) => Promise<unknown>) {}

  async add(bytes: Uint8Array): Promise<void> {
    this.#waiting.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes < PIECE_BYTES) return;
    const all = Buffer.concat(this.#waiting);
    const whole = all.length - (all.length % PIECE_BYTES);
    for (let start = 0; start < whole; start += PIECE_BYTES) {
      await this.#keep(all.subarray(start, start + PIECE_BYTES));
    }
    this.#waiting = [all.subarray(whole)];
    this.#bytes = all.length - whole;
  }

  async finish(): Promise<void> {
    if (this.#bytes > 0) await this.#keep(Buffer.concat(this.#waiting));
  }

  async #keep(body: Uint8Array): Promise<void> {
    await this.keep(deflateRawSync(body), this.#number);
    this.#number += 1;
  }
}
