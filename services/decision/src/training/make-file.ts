import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { AppError, type UnitOfWork } from '@spotopt/kernel';
import type { MarkStore } from '../market/ports.js';
import { encoderFor } from './encoders.js';
import { PoolRows } from './pool-rows.js';
import type { CanonicalPriceReader } from './ports.js';
import type { TrainingRow } from './training-row.js';
import { type Made, MAX_ROWS, type SetPool, type TrainingSet } from './training-set.js';

export interface MakeFileDeps {
  readonly uow: UnitOfWork;
  readonly marks: MarkStore;
  readonly prices: CanonicalPriceReader;
}

export interface FileSink {
  /** The next bytes of the file. */
  readonly write: (bytes: Uint8Array) => Promise<void>;
  /** Called now and then. @param share 0 to 1 */
  readonly progress: (share: number, rows: number) => Promise<void>;
  readonly signal: AbortSignal;
}

const DAY_MS = 86_400_000;
/** Marks are kept as long as canonical prices; before that nobody knows any more. */
export const MARK_MEMORY_MS = 2 * 365 * DAY_MS;

/** Rows between two pauses. */
const AT_ONCE = 200;

/** Makes the bytes of a set, pool by pool and page by page: never more than a row group is in memory. */
export class MakeFile {
  constructor(private readonly deps: MakeFileDeps) {}

  async execute(set: TrainingSet, sink: FileSink): Promise<Made> {
    const encoder = encoderFor(set.format);
    const hash = createHash('sha256');
    const made = { rows: 0, rowsLeftOut: 0, bytes: 0 };
    const write = async (bytes: Uint8Array): Promise<void> => {
      if (bytes.length === 0) return;
      hash.update(bytes);
      made.bytes += bytes.length;
      await sink.write(bytes);
    };
    for (const [index, pool] of set.pools.entries()) {
      for await (const { rows, leftOut } of this.#rowsOf(set, pool, sink.signal)) {
        // Whoever waits for a decision comes first.
        await setImmediate();
        made.rows += rows.length;
        made.rowsLeftOut += leftOut;
        refuseTooMany(made.rows);
        await write(encoder.add(rows));
        const within = shareOf(set, rows.at(-1));
        await sink.progress((index + within) / set.pools.length, made.rows);
      }
    }
    await write(encoder.finish());
    return { ...made, sha256: hash.digest('hex') };
  }

  async *#rowsOf(
    set: TrainingSet,
    pool: SetPool,
    signal: AbortSignal,
  ): AsyncGenerator<{ rows: TrainingRow[]; leftOut: number }> {
    const marks = await this.deps.uow.read((tx) =>
      this.deps.marks.listMarks(tx, [pool.poolId], new Date(set.asOf.getTime() - MARK_MEMORY_MS)),
    );
    const watchedSinceMs = Math.max(Date.parse(pool.watchedSince), set.asOf.getTime() - MARK_MEMORY_MS);
    const builder = new PoolRows({
      ...{ poolId: pool.poolId, marks, watchedSinceMs },
      asOfMs: set.asOf.getTime(),
    });
    // The day before fills the window of the volatility.
    const span = { from: new Date(set.from.getTime() - DAY_MS), until: set.until };
    for await (const page of this.deps.prices.pages(pool.poolId, span, signal)) {
      for (let start = 0; start < page.length; start += AT_ONCE) {
        const inRange: (TrainingRow | null)[] = [];
        for (const bucket of page.slice(start, start + AT_ONCE)) {
          const row = builder.add(bucket);
          if (Date.parse(bucket.at) >= set.from.getTime()) inRange.push(row);
        }
        const rows = inRange.filter((row) => row !== null);
        yield { rows, leftOut: inRange.length - rows.length };
      }
    }
  }
}

function shareOf(set: TrainingSet, last: TrainingRow | undefined): number {
  if (last === undefined) return 0;
  const spanMs = Math.max(1, set.until.getTime() - set.from.getTime());
  return Math.min(1, (last.bucketAt.getTime() - set.from.getTime()) / spanMs);
}

function refuseTooMany(rows: number): void {
  if (rows <= MAX_ROWS) return;
  throw AppError.permanent(
    'training-set-too-large',
    `more than ${String(MAX_ROWS)} rows; choose fewer instance types or a shorter time`,
  );
}
