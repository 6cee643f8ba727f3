import type { Tx, UnitOfWork } from '@spotopt/kernel';
import { changeRows, selectRows } from './transaction.js';

export interface ChunkedDelete {
  readonly table: string;
  /** Columns of the primary key. */
  readonly keys: readonly string[];
  /** Indexed; rows older than `before` by it go. */
  readonly timeColumn: string;
  readonly before: Date;
  /** Further condition on the rows, in portable SQL. */
  readonly where?: string;
  /** Values of the `?` in `where`. */
  readonly parameters?: readonly unknown[];
  /** Rows of one transaction. @default 1000 */
  readonly chunk?: number;
  /** Ends the work after the chunk under way. */
  readonly signal?: AbortSignal;
}

const CHUNK = 1_000;

/**
 * Deletes old rows, the oldest first, in transactions short enough that nobody waits for their locks; what
 * is left when it is killed goes the next time. Answers the number of rows.
 */
export async function deleteInChunks(uow: UnitOfWork, request: ChunkedDelete): Promise<number> {
  const { chunk = CHUNK, signal } = request;
  let total = 0;
  while (signal?.aborted !== true) {
    const { found, deleted } = await uow.run((tx) => deleteChunk(tx, request, chunk));
    total += deleted;
    if (found < chunk) break;
  }
  return total;
}

async function deleteChunk(
  tx: Tx,
  request: ChunkedDelete,
  chunk: number,
): Promise<{ found: number; deleted: number }> {
  const { table, keys, timeColumn, before, where, parameters = [] } = request;
  const old = where === undefined ? `${timeColumn} < ?` : `${timeColumn} < ? AND (${where})`;
  const columns = keys.join(', ');
  const rows = await selectRows<Record<string, unknown>>(
    tx,
    `SELECT ${columns} FROM ${table} WHERE ${old} ORDER BY ${timeColumn} LIMIT ${String(chunk)}`,
    [before, ...parameters],
  );
  if (rows.length === 0) return { found: 0, deleted: 0 };
  const key = `(${keys.map(() => '?').join(', ')})`;
  // The condition again: a row may have become young since it was read.
  const deleted = await changeRows(
    tx,
    `DELETE FROM ${table} WHERE (${columns}) IN (${rows.map(() => key).join(', ')}) AND ${old}`,
    [...rows.flatMap((row) => keys.map((name) => row[name])), before, ...parameters],
  );
  return { found: rows.length, deleted };
}
