import type { Envelope } from '@spotopt/contracts';
import type { Clock, Ids, Inbox, Tx, UnitOfWork } from '@spotopt/kernel';
import { agentIn, audienceOf } from './audience.js';
import { AuditTrail } from './ports.js';
import type { ActivityStore, EventLogStore, NewActivity, NotificationStore } from './ports.js';
import { storyOf } from './story.js';

export interface RecordEventParts {
  readonly log: EventLogStore;
  readonly activity: ActivityStore;
  readonly notifications: NotificationStore;
  readonly uow: UnitOfWork;
  readonly inbox: Inbox;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Called after the commit: somebody may wait for the event. */
  readonly onRecorded: () => void;
}

const CONSUMER = 'gateway.event-log';

/** Keeps every event that is replayed, and what is of interest to people as activity and notification. */
export class RecordEvent {
  constructor(private readonly parts: RecordEventParts) {}

  async execute(event: Envelope): Promise<void> {
    const { uow, inbox, onRecorded } = this.parts;
    await uow.run(async (tx) => {
      if (!(await inbox.claim(tx, CONSUMER, event.id))) return;
      await this.#record(tx, event);
    });
    onRecorded();
  }

  async #record(tx: Tx, event: Envelope): Promise<void> {
    const { log, activity, notifications, clock, ids } = this.parts;
    const audience = audienceOf(event);
    await log.append(tx, { event, ...audience });
    const story = storyOf(event);
    if (story === undefined) return;
    const common = {
      id: ids.next(),
      clientId: audience.clientId,
      agentId: agentIn(event),
      type: story.type,
      severity: story.severity,
      createdAtMs: clock.nowMs(),
    };
    await activity.insert(tx, { ...common, text: story.text });
    if (story.title === undefined) return;
    await notifications.insert(tx, { ...common, title: story.title, message: story.text, readAtMs: null });
  }
}

/** Deeds of people, beside what the events tell. */
export class ActivityAuditTrail extends AuditTrail {
  constructor(private readonly parts: { store: ActivityStore; clock: Clock; ids: Ids }) {
    super();
  }

  override async record(tx: Tx, entry: NewActivity): Promise<void> {
    const { store, clock, ids } = this.parts;
    await store.insert(tx, { ...entry, id: ids.next(), createdAtMs: clock.nowMs() });
  }
}
