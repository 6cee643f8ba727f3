import { deflateRawSync } from 'node:zlib';
import type { Tx } from '@spotopt/kernel';
import { type Attempt, QueueRunner, type QueueRunnerDeps } from '../queue/queue-runner.js';
import type { MakeFile } from './make-file.js';
import type { TrainingSetStore } from './ports.js';
import { finished, type TrainingSet } from './training-set.js';

export interface MakeTrainingSetsDeps extends QueueRunnerDeps<TrainingSet> {
  readonly jobs: TrainingSetStore;
  readonly makeFile: MakeFile;
}

const DAY_MS = 86_400_000;
/** Files can be fetched for a week, and made again later; records stay. */
export const FILE_MS = 7 * DAY_MS;
/** Size of a piece at rest, before it is packed. */
export const PIECE_BYTES = 256 * 1024;
/** Progress is written when it moved by this. */
const PROGRESS_STEP = 0.02;

/** Makes the files of the sets that were asked for. */
export class MakeTrainingSets extends QueueRunner<TrainingSet> {
  constructor(private readonly deps: MakeTrainingSetsDeps) {
    super(deps);
  }

  protected override async perform(attempt: Attempt<TrainingSet>): Promise<void> {
    const { clock, jobs, makeFile } = this.deps;
    const { setId } = attempt.job;
    const pieces = new Pieces((body, number) =>
      attempt.write((tx) => jobs.addPiece(tx, { setId, number, body, madeAt: clock.now() })),
    );
    const made = await makeFile.execute(attempt.job, {
      signal: attempt.signal,
      write: (bytes) => pieces.add(bytes),
      progress: async (progress, rows) => {
        const set = attempt.job;
        if (progress - set.progress < PROGRESS_STEP) return;
        await attempt.save({ ...set, progress, ...(set.sha256 === null ? { rows } : {}) });
      },
    });
    await pieces.finish();
    const now = clock.now();
    const done = finished(attempt.job, made, { now, fileUntil: new Date(now.getTime() + FILE_MS) });
    await attempt.save(done, async (tx) => {
      if (done.fileUntil === null) await this.clear(tx, done);
    });
  }

  protected override clear(tx: Tx, { setId }: TrainingSet): Promise<void> {
    return this.deps.jobs.removePieces(tx, setId);
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
