import type { Tx } from '@spotopt/kernel';
import { instantOf, selectRows } from '@spotopt/persistence';
import type { Span } from '../series/ports.js';
import { type PoolLife, PoolLives } from './ports.js';

interface MachineRow {
  readonly started_at: unknown;
  readonly ended_at: unknown;
}

interface NoticeRow {
  readonly kind: PoolLife['notices'][number]['kind'];
  readonly detected_at: unknown;
  readonly ended_at: unknown;
}

interface EndRow {
  readonly ended_at: unknown;
  readonly reason: string;
}

/** A notice whose machine nobody saw end is over after this time: a reclaim takes two minutes, a recommendation lapses. */
const NOTICE_ENDS_AFTER_MS = { termination: 10 * 60_000, rebalance: 6 * 3_600_000 };

/** Spot machines of a pool from what the ledger and the history of pools recorded. */
export class SqlPoolLives extends PoolLives {
  override async of(tx: Tx, poolId: string, { from, until }: Span): Promise<PoolLife> {
    const machines = await selectRows<MachineRow>(
      tx,
      `SELECT started_at, ended_at FROM usage_machine
       WHERE pool_id = ? AND mode = 'spot' AND started_at < ? AND (ended_at IS NULL OR ended_at > ?)`,
      [poolId, until, from],
    );
    const earliest = new Date(from.getTime() - NOTICE_ENDS_AFTER_MS.rebalance);
    const notices = await selectRows<NoticeRow>(
      tx,
      `SELECT n.kind, n.detected_at, e.ended_at FROM machine_notice n
       JOIN machine_place m ON m.ec2_instance_id = n.ec2_instance_id
       LEFT JOIN machine_end e ON e.ec2_instance_id = n.ec2_instance_id
       WHERE m.pool_id = ? AND m.mode <> 'ondemand' AND n.detected_at >= ? AND n.detected_at < ?`,
      [poolId, earliest, until],
    );
    const ends = await selectRows<EndRow>(
      tx,
      `SELECT e.ended_at, e.reason FROM machine_end e
       JOIN machine_place m ON m.ec2_instance_id = e.ec2_instance_id
       WHERE m.pool_id = ? AND m.mode <> 'ondemand' AND e.ended_at >= ? AND e.ended_at < ?
       ORDER BY e.ended_at, e.ec2_instance_id`,
      [poolId, from, until],
    );
    return {
      machines: machines.map((row) => ({ fromMs: msOf(row.started_at), untilMs: msOrNull(row.ended_at) })),
      notices: notices.map(toNotice),
      interruptedAtMs: notices
        .filter(({ kind }) => kind === 'termination')
        .map((row) => msOf(row.detected_at)),
      terminations: ends.map(({ ended_at: at, reason }) => ({ atMs: msOf(at), reason })),
    };
  }
}

function toNotice({ kind, detected_at: at, ended_at: end }: NoticeRow): PoolLife['notices'][number] {
  const fromMs = msOf(at);
  const untilMs = Math.min(msOrNull(end) ?? Number.POSITIVE_INFINITY, fromMs + NOTICE_ENDS_AFTER_MS[kind]);
  return { kind, fromMs, untilMs };
}

function msOf(raw: unknown): number {
  return instantOf(raw).getTime();
}

function msOrNull(raw: unknown): number | null {
  return raw === null ? null : msOf(raw);
}
