/**
 * Handle of a database transaction, passed explicitly to every store. Only the persistence layer can
 * make one and look inside.
 */
export abstract class Tx {
  abstract readonly mode: 'write' | 'read';
}

export abstract class UnitOfWork {
  /**
   * Runs `work` in one transaction and commits it. On a deadlock or lock time-out the whole closure runs
   * again in a new transaction, so it must not touch anything but the database: no network call inside.
   * @throws AppError `database-unavailable` (transient) when the server cannot be reached,
   *   `database-conflict` (transient) when every attempt met a deadlock
   */
  abstract run<T>(work: (tx: Tx) => Promise<T>): Promise<T>;

  /** Runs reads that need no lock. Never sees the uncommitted half of somebody's transaction. */
  abstract read<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
}

/** What the outbox needs to know of an event; the rest of the envelope is carried as it is. */
export interface OutgoingEvent {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
}

/** Events that leave the service if, and only if, the transaction commits. */
export abstract class Outbox {
  abstract add(tx: Tx, ...events: readonly OutgoingEvent[]): Promise<void>;
}

/** Memory of what a consumer has already handled. */
export abstract class Inbox {
  /**
   * True exactly once per (consumer, message): the caller then does its effect in the same transaction.
   * False for a duplicate, which the caller acknowledges without doing anything.
   */
  abstract claim(tx: Tx, consumer: string, messageId: string): Promise<boolean>;
}
