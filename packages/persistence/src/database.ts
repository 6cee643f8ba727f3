import type { DataSource } from 'typeorm';
import {
  Deadline,
  SystemClock,
  type Clock,
  type Ids,
  type Inbox,
  type Outbox,
  type UnitOfWork,
} from '@spotopt/kernel';
import { deleteInChunks } from './delete-in-chunks.js';
import type { Dialect } from './dialect.js';
import { Attempts, TypeormInbox } from './inbox.js';
import { Leases } from './leases.js';
import { TypeormOutbox } from './outbox.js';
import { selectRows } from './transaction.js';
import { TypeormUnitOfWork, type CommitListener } from './unit-of-work.js';

const HEALTH_TIMEOUT_MS = 2_000;

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
    const before = new Date(nowMs - inboxMs);
    const [outbox, inbox, attempts] = [
      { table: 'outbox', keys: ['seq'], timeColumn: 'sent_at', before: new Date(nowMs - outboxMs) },
      { table: 'inbox', keys: ['consumer', 'message_id'], timeColumn: 'claimed_at', before },
      { table: 'attempt', keys: ['queue', 'message_id'], timeColumn: 'first_at', before },
    ] as const;
    return {
      outbox: await deleteInChunks(this.uow, outbox),
      inbox: await deleteInChunks(this.uow, inbox),
      attempts: await deleteInChunks(this.uow, attempts),
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
}
