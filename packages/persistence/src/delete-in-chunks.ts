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
  /** The newest of the old rows with the same values of these columns stays: it tells what was in force then. */
  readonly keepNewestPer?: readonly string[];
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
  const newest = keepNewest(request);
  const rows = await selectRows<Record<string, unknown>>(
    tx,
    `SELECT ${columns} FROM ${table} WHERE ${old}${newest.sql} ORDER BY ${timeColumn} LIMIT ${String(chunk)}`,
    [before, ...parameters, ...newest.parameters],
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

/** MySQL refuses this in a DELETE; what is not the newest does not become it, so that the SELECT is enough. */
function keepNewest({ table, timeColumn, before, where, keepNewestPer, parameters = [] }: ChunkedDelete): {
  sql: string;
  parameters: readonly unknown[];
} {
  if (keepNewestPer === undefined) return { sql: '', parameters: [] };
  const same = keepNewestPer.map((name) => `later.${name} = ${table}.${name}`).join(' AND ');
  const isLater = `later.${timeColumn} > ${table}.${timeColumn} AND later.${timeColumn} < ?`;
  const sql = ` AND EXISTS (SELECT 1 FROM ${table} later WHERE ${same} AND ${isLater}${where === undefined ? '' : ` AND (${where})`})`;
  return { sql, parameters: [before, ...parameters] };
}
