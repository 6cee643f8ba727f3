import type { Tx } from '@spotopt/kernel';
import type { Database } from './database.js';
import { OUTBOX_CLAIM_LOCK, OUTBOX_HELD_INDEX, OUTBOX_PENDING_INDEX } from './platform-tables.js';
import { changeRows, selectRows } from './transaction.js';

export interface ClaimedEvent {
  readonly seq: number;
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  /** The whole envelope, as JSON. */
  readonly body: string;
  readonly attempts: number;
}

interface Change {
  readonly set: string;
  readonly values?: readonly unknown[];
  readonly seqs: readonly number[];
  /** Only rows that this relay still holds. @default false */
  readonly onlyOwn?: boolean;
}

const FREE = 'held_by = NULL, held_until = NULL';

/**
 * The outbox table as relays see it. A relay holds rows by a time in the row, not by a transaction,
 * because publishing is a network call. While any unsent row of a subject is held, no other row of that
 * subject can be claimed by anybody: that keeps the order per subject with any number of relays. Rows are
 * found by `sent_at IS NULL`, never by a position: a slow transaction may commit a lower number later.
 */
export class OutboxClaims {
  constructor(
    private readonly database: Database,
    private readonly holder: string,
    private readonly holdMs: number,
  ) {}

  /** Holds up to `limit` rows in order of insertion. */
  claim(limit: number): Promise<readonly ClaimedEvent[]> {
    const { now, after, forUpdate, byIndex } = this.database.dialect;
    return this.database.uow.run(async (tx) => {
      // One claim at a time: two at once would not see each other's subjects.
      await selectRows(tx, `SELECT epoch FROM lease WHERE name = ?${forUpdate}`, [OUTBOX_CLAIM_LOCK]);
      const events = await selectRows<ClaimedEvent>(
        tx,
        `SELECT seq, event_id AS id, type, subject, envelope AS body, attempts
         FROM outbox${byIndex(OUTBOX_PENDING_INDEX)}
         WHERE sent_at IS NULL AND subject NOT IN (
           SELECT subject FROM outbox${byIndex(OUTBOX_HELD_INDEX)} WHERE held_until >= ${now})
         ORDER BY seq LIMIT ${String(limit)}`,
      );
      await this.#change(tx, {
        set: `held_by = ?, held_until = ${after(this.holdMs)}`,
        values: [this.holder],
        seqs: seqsOf(events),
      });
      return events;
    });
  }

  /** Holds the rows for longer. */
  async renew(seqs: readonly number[]): Promise<void> {
    const { after } = this.database.dialect;
    await this.database.uow.run((tx) =>
      this.#change(tx, { set: `held_until = ${after(this.holdMs)}`, seqs, onlyOwn: true }),
    );
  }

  async markSent(seqs: readonly number[]): Promise<void> {
    const sentAt = this.database.clock.now();
    await this.database.uow.run((tx) =>
      this.#change(tx, { set: `sent_at = ?, ${FREE}`, values: [sentAt], seqs }),
    );
  }

  /** The first row failed and holds its subject back for `retryAfterMs`; the rest is free behind it. */
  async giveBackAfterFailure(events: readonly ClaimedEvent[], retryAfterMs: number): Promise<void> {
    const [failed, ...rest] = seqsOf(events);
    if (failed === undefined) return;
    const { after } = this.database.dialect;
    const hold = `attempts = attempts + 1, held_by = NULL, held_until = ${after(retryAfterMs)}`;
    await this.database.uow.run(async (tx) => {
      await this.#change(tx, { set: hold, seqs: [failed], onlyOwn: true });
      await this.#change(tx, { set: FREE, seqs: rest, onlyOwn: true });
    });
  }

  async giveBack(events: readonly ClaimedEvent[]): Promise<void> {
    await this.database.uow.run((tx) => this.#change(tx, { set: FREE, seqs: seqsOf(events), onlyOwn: true }));
  }

  backlog(): Promise<{ count: number; oldestAt: unknown }> {
    return this.database.uow.read(async (tx) => {
      const rows = await selectRows<{ unsent: number; oldest: unknown }>(
        tx,
        `SELECT COUNT(*) AS unsent, MIN(created_at) AS oldest
         FROM outbox${this.database.dialect.byIndex(OUTBOX_PENDING_INDEX)} WHERE sent_at IS NULL`,
      );
      return { count: rows[0]?.unsent ?? 0, oldestAt: rows[0]?.oldest ?? null };
    });
  }

  async #change(tx: Tx, { set, values = [], seqs, onlyOwn = false }: Change): Promise<void> {
    if (seqs.length === 0) return;
    await changeRows(
      tx,
      `UPDATE outbox SET ${set}
       WHERE sent_at IS NULL AND seq IN (${seqs.map(() => '?').join(', ')})${onlyOwn ? ' AND held_by = ?' : ''}`,
      [...values, ...seqs, ...(onlyOwn ? [this.holder] : [])],
    );
  }
}

function seqsOf(events: readonly ClaimedEvent[]): number[] {
  return events.map((event) => event.seq);
}
