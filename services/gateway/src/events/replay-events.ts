import type { Envelope } from '@spotopt/contracts';
import type { UnitOfWork } from '@spotopt/kernel';
import type { EventLogStore, EventQuery } from './ports.js';

export interface EventPage {
  events: { cursor: number; event: Envelope }[];
  next_cursor: number;
  has_more: boolean;
}

/** A page of the log after a cursor. */
export class ReplayEvents {
  constructor(private readonly parts: { store: EventLogStore; uow: UnitOfWork }) {}

  async execute(query: EventQuery): Promise<EventPage> {
    const { store, uow } = this.parts;
    const entries = await uow.read((tx) => store.read(tx, { ...query, limit: query.limit + 1 }));
    const events = entries.slice(0, query.limit).map(({ cursor, event }) => ({ cursor, event }));
    return {
      events,
      next_cursor: events.at(-1)?.cursor ?? query.after,
      has_more: entries.length > query.limit,
    };
  }
}
