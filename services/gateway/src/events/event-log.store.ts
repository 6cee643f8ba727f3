import { Envelope } from '@spotopt/contracts';
import type { Tx, UnitOfWork } from '@spotopt/kernel';
import {
  bigintColumn,
  changeRows,
  deleteInChunks,
  idColumn,
  instantColumn,
  jsonColumn,
  managerOf,
  selectRows,
  stringColumn,
} from '@spotopt/persistence';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { EventLogStore } from './ports.js';
import type { Audience, EventQuery, LoggedEvent } from './ports.js';

@Entity('event_log')
export class EventLogRow {
  /** Place in the order of commits. */
  @PrimaryColumn(bigintColumn())
  position!: number;

  @Column(idColumn({ name: 'event_id' }))
  eventId!: string;

  @Column(stringColumn(128, { name: 'event_type' }))
  eventType!: string;

  @Column(stringColumn(128))
  subject!: string;

  @Column(stringColumn(16))
  audience!: Audience;

  @Column(idColumn({ name: 'client_id', nullable: true }))
  clientId!: string | null;

  @Column(jsonColumn())
  envelope!: unknown;

  @Column(instantColumn({ name: 'occurred_at' }))
  occurredAt!: Date;
}

export class TypeormEventLogStore extends EventLogStore {
  /**
   * The counter is a row: its lock is held until the commit, so positions become visible in their order. A
   * number that the table itself counts up would become visible out of order, and a reader would skip one.
   */
  override async append(
    tx: Tx,
    entry: { event: Envelope; audience: Audience; clientId: string | null },
  ): Promise<number> {
    const { event, audience, clientId } = entry;
    await changeRows(
      tx,
      "UPDATE event_cursor SET last_position = last_position + 1 WHERE name = 'event-log'",
    );
    const position = await this.latestCursor(tx);
    await managerOf(tx)
      .createQueryBuilder()
      .insert()
      .into(EventLogRow)
      .values({
        position,
        eventId: event.id,
        eventType: event.type,
        subject: event.subject.slice(0, 128),
        audience,
        clientId,
        envelope: event,
        occurredAt: new Date(event.time),
      })
      .updateEntity(false)
      .execute();
    return position;
  }

  override async read(tx: Tx, query: EventQuery): Promise<readonly LoggedEvent[]> {
    const { after, limit, clientId, type, subject } = query;
    const select = managerOf(tx)
      .createQueryBuilder(EventLogRow, 'e')
      .where('e.position > :after', { after })
      .orderBy('e.position', 'ASC')
      .limit(limit);
    if (clientId !== null) {
      select.andWhere("(e.client_id = :clientId OR e.audience = 'everyone')", { clientId });
    }
    if (type !== undefined) select.andWhere('e.event_type = :type', { type });
    if (subject !== undefined) select.andWhere('e.subject = :subject', { subject });
    const rows = await select.getMany();
    return rows.map(({ position, envelope }) => ({ cursor: position, event: Envelope.parse(envelope) }));
  }

  override async latestCursor(tx: Tx): Promise<number> {
    const rows = await selectRows<{ last_position: number | string }>(
      tx,
      "SELECT last_position FROM event_cursor WHERE name = 'event-log'",
    );
    return Number(rows[0]?.last_position ?? 0);
  }

  override async deleteOld(uow: UnitOfWork, beforeMs: number, signal: AbortSignal): Promise<number> {
    return deleteInChunks(uow, {
      table: 'event_log',
      keys: ['position'],
      timeColumn: 'occurred_at',
      before: new Date(beforeMs),
      signal,
    });
  }
}
