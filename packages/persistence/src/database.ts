import type { DataSource } from 'typeorm';
import {
  Deadline,
  SystemClock,
  type Clock,
  type Ids,
  type Inbox,
  type Outbox,
  type Tx,
  type UnitOfWork,
} from '@spotopt/kernel';
import type { Dialect } from './dialect.js';
import { Attempts, TypeormInbox } from './inbox.js';
import { Leases } from './leases.js';
import { TypeormOutbox } from './outbox.js';
import { changeRows, selectRows } from './transaction.js';
import { TypeormUnitOfWork, type CommitListener } from './unit-of-work.js';

const HEALTH_TIMEOUT_MS = 2_000;
const PRUNE_BATCH = 500;

export interface Retention {
  /** Age at which sent events are deleted. @default 1 hour */
  readonly outboxMs?: number;
  /** Age at which the memory of handled messages ends; longer than any redelivery. @default 14 days */
  readonly inboxMs?: number;
}

export interface DatabaseParts {
  readonly source: DataSource;
  readonly dialect: Dialect;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: () => number;
  /** What else ends with the connection. */
  readonly onClose: () => void;
}

/** One service's own database: transactions, outbox, inbox, leases. */
export class Database {
  readonly uow: UnitOfWork;
  readonly outbox: Outbox;
  readonly inbox: Inbox;
  readonly attempts: Attempts;
  readonly leases: Leases;
  readonly dialect: Dialect;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: () => number;
  readonly #uow: TypeormUnitOfWork;
  #closed: Promise<void> | undefined;

  constructor(private readonly parts: DatabaseParts) {
    const { source, dialect, clock, ids, random } = parts;
    this.#uow = new TypeormUnitOfWork({ source, dialect, random });
    this.uow = this.#uow;
    this.outbox = new TypeormOutbox(clock);
    this.inbox = new TypeormInbox(clock);
    this.attempts = new Attempts(this.#uow, clock);
    this.leases = new Leases({ uow: this.#uow, dialect, holder: ids.next() });
    this.dialect = dialect;
    this.clock = clock;
    this.ids = ids;
    this.random = random;
  }

  /** Called after each commit with what it put into the outbox. Answers how to end that. */
  onCommit(listener: CommitListener): () => void {
    return this.#uow.onCommit(listener);
  }

  /** @throws AppError transient when the database does not answer within 2 s */
  async health(): Promise<void> {
    await Deadline.after(new SystemClock(), HEALTH_TIMEOUT_MS).race('the database', () =>
      this.#uow.read((tx) => selectRows(tx, 'SELECT 1')),
    );
  }

  /** Deletes what is only kept for a while; in small transactions, so it may run at any time. */
  async prune(retention: Retention = {}): Promise<{ outbox: number; inbox: number; attempts: number }> {
    const { outboxMs = 3_600_000, inboxMs = 14 * 86_400_000 } = retention;
    const nowMs = this.clock.nowMs();
    const inboxBefore = new Date(nowMs - inboxMs);
    return {
      outbox: await this.#pruneOutbox(new Date(nowMs - outboxMs)),
      inbox: await this.#pruneKeyed('inbox', 'consumer', 'claimed_at', inboxBefore),
      attempts: await this.#pruneKeyed('attempt', 'queue', 'first_at', inboxBefore),
    };
  }

  /** Lets go of the connections; of no effect the second time. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.#uow.settle();
    await this.parts.source.destroy();
    this.parts.onClose();
  }

  #pruneOutbox(before: Date): Promise<number> {
    return this.#inBatches(async (tx) => {
      const rows = await selectRows<{ seq: number }>(
        tx,
        `SELECT seq FROM outbox WHERE sent_at < ? ORDER BY sent_at LIMIT ${String(PRUNE_BATCH)}`,
        [before],
      );
      if (rows.length === 0) return 0;
      const keys = rows.map((row) => row.seq);
      return changeRows(tx, `DELETE FROM outbox WHERE seq IN (${keys.map(() => '?').join(', ')})`, keys);
    });
  }

  #pruneKeyed(table: 'inbox' | 'attempt', key: string, age: string, before: Date): Promise<number> {
    return this.#inBatches(async (tx) => {
      const rows = await selectRows<{ name: string; message_id: string }>(
        tx,
        `SELECT ${key} AS name, message_id FROM ${table} WHERE ${age} < ? ORDER BY ${age} LIMIT ${String(PRUNE_BATCH)}`,
        [before],
      );
      if (rows.length === 0) return 0;
      return changeRows(
        tx,
        `DELETE FROM ${table} WHERE (${key}, message_id) IN (${rows.map(() => '(?, ?)').join(', ')})`,
        rows.flatMap((row) => [row.name, row.message_id]),
      );
    });
  }

  async #inBatches(batch: (tx: Tx) => Promise<number>): Promise<number> {
    for (let total = 0; ;) {
      const deleted = await this.uow.run(batch);
      total += deleted;
      if (deleted < PRUNE_BATCH) return total;
    }
  }
}
