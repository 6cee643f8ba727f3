import type { Tx } from '@spotopt/kernel';
import { instantOf, selectRows } from '@spotopt/persistence';
import { InstanceHours } from './ports.js';

const HOUR_MS = 3_600_000;

/** From what the ledger recorded of the machines whose notices count: all that are not known to be on-demand. */
export class SqlInstanceHours extends InstanceHours {
  override async perPool(
    tx: Tx,
    poolIds: readonly string[],
    from: Date,
    to: Date,
  ): Promise<Map<string, number>> {
    if (poolIds.length === 0) return new Map();
    const rows = await selectRows<{ pool_id: string; started_at: unknown; ended_at: unknown }>(
      tx,
      `SELECT pool_id, started_at, ended_at FROM usage_machine
       WHERE pool_id IN (${poolIds.map(() => '?').join(', ')}) AND mode <> 'ondemand'
         AND started_at < ? AND (ended_at IS NULL OR ended_at > ?)`,
      [...poolIds, to, from],
    );
    const hours = new Map<string, number>();
    for (const row of rows) {
      const startMs = Math.max(from.getTime(), instantOf(row.started_at).getTime());
      const endMs = Math.min(
        to.getTime(),
        row.ended_at === null ? to.getTime() : instantOf(row.ended_at).getTime(),
      );
      hours.set(row.pool_id, (hours.get(row.pool_id) ?? 0) + Math.max(0, endMs - startMs) / HOUR_MS);
    }
    return hours;
  }
}
