import { Outbox, type Clock, type OutgoingEvent, type Tx } from '@spotopt/kernel';
import { changeRows, writableTx } from './transaction.js';

/** Events wait in the table `outbox`, whole envelopes as JSON, for the relay. */
export class TypeormOutbox extends Outbox {
  constructor(private readonly clock: Clock) {
    super();
  }

  override async add(tx: Tx, ...events: readonly OutgoingEvent[]): Promise<void> {
    if (events.length === 0) return;
    const own = writableTx(tx);
    const createdAt = this.clock.now();
    await changeRows(
      own,
      `INSERT INTO outbox (event_id, type, subject, envelope, created_at)
       VALUES ${events.map(() => '(?, ?, ?, ?, ?)').join(', ')}`,
      events.flatMap((event) => [event.id, event.type, event.subject, JSON.stringify(event), createdAt]),
    );
    own.noteEvents(events.length);
  }
}
