import { Inbox, type Clock, type Tx, type UnitOfWork } from '@spotopt/kernel';
import { changeRows, selectRows, withoutDuplicate } from './transaction.js';

export class TypeormInbox extends Inbox {
  constructor(private readonly clock: Clock) {
    super();
  }

  override async claim(tx: Tx, consumer: string, messageId: string): Promise<boolean> {
    return withoutDuplicate(() =>
      changeRows(tx, 'INSERT INTO inbox (consumer, message_id, claimed_at) VALUES (?, ?, ?)', [
        consumer,
        messageId,
        this.clock.now(),
      ]),
    );
  }
}

/** How often a message was begun, counted where it survives a crash of the handler. */
export class Attempts {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** Number of this attempt, from 1. */
  begin(queue: string, messageId: string): Promise<number> {
    return this.uow.run(async (tx) => {
      const key = [queue, messageId];
      const found = await changeRows(
        tx,
        'UPDATE attempt SET attempts = attempts + 1 WHERE queue = ? AND message_id = ?',
        key,
      );
      if (found === 0) {
        const sql = 'INSERT INTO attempt (queue, message_id, attempts, first_at) VALUES (?, ?, 1, ?)';
        await changeRows(tx, sql, [...key, this.clock.now()]);
        return 1;
      }
      const rows = await selectRows<{ attempts: number }>(
        tx,
        'SELECT attempts FROM attempt WHERE queue = ? AND message_id = ?',
        key,
      );
      return rows[0]?.attempts ?? 1;
    });
  }

  /** The message is done or parked: its count is no longer needed. */
  async forget(queue: string, messageId: string): Promise<void> {
    await this.uow.run((tx) =>
      changeRows(tx, 'DELETE FROM attempt WHERE queue = ? AND message_id = ?', [queue, messageId]),
    );
  }
}
