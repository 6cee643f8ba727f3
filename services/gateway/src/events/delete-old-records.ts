import type { Clock, UnitOfWork } from '@spotopt/kernel';
import type { IdempotencyStore } from '../access/ports.js';
import type { CommandStore } from '../commands/ports.js';
import type { ActivityStore, EventLogStore, NotificationStore } from './ports.js';

export interface DeleteOldRecordsParts {
  readonly log: EventLogStore;
  readonly activity: ActivityStore;
  readonly notifications: NotificationStore;
  readonly commands: CommandStore;
  readonly idempotency: IdempotencyStore;
  readonly uow: UnitOfWork;
  readonly clock: Clock;
  readonly eventRetentionDays: number;
}

const DAY_MS = 86_400_000;
/** What people look back at stays longer than what machines replay. */
const HISTORY_DAYS = 30;
const REQUEST_ID_DAYS = 1;

/** Ends the stay of what is only kept for a while. */
export class DeleteOldRecords {
  constructor(private readonly parts: DeleteOldRecordsParts) {}

  async execute(): Promise<void> {
    const { log, activity, notifications, commands, idempotency, uow, clock, eventRetentionDays } =
      this.parts;
    const before = (days: number): number => clock.nowMs() - days * DAY_MS;
    await uow.run((tx) => log.deleteBefore(tx, before(eventRetentionDays)));
    await uow.run((tx) => activity.deleteBefore(tx, before(HISTORY_DAYS)));
    await uow.run((tx) => notifications.deleteBefore(tx, before(HISTORY_DAYS)));
    await uow.run((tx) => commands.deleteFinishedBefore(tx, before(HISTORY_DAYS)));
    await uow.run((tx) => idempotency.deleteBefore(tx, before(REQUEST_ID_DAYS)));
  }
}
