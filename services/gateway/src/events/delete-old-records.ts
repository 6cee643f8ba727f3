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
/** How long each kind stays (CT-96). */
const ACTIVITY_DAYS = 90;
const AUDIT_DAYS = 180;
const READ_NOTIFICATION_DAYS = 30;
const UNREAD_NOTIFICATION_DAYS = 90;
const FINISHED_COMMAND_DAYS = 30;
const REQUEST_ID_DAYS = 1;

/** Ends the stay of what is only kept for a while. */
export class DeleteOldRecords {
  constructor(private readonly parts: DeleteOldRecordsParts) {}

  /** Ends after the chunk under way when it is told to. */
  async execute(signal: AbortSignal): Promise<void> {
    const { log, activity, notifications, commands, idempotency, uow, clock, eventRetentionDays } =
      this.parts;
    const before = (days: number): number => clock.nowMs() - days * DAY_MS;
    await log.deleteOld(uow, before(eventRetentionDays), signal);
    const activityAges = { beforeMs: before(ACTIVITY_DAYS), auditBeforeMs: before(AUDIT_DAYS) };
    await activity.deleteOld(uow, activityAges, signal);
    const notificationAges = {
      readBeforeMs: before(READ_NOTIFICATION_DAYS),
      createdBeforeMs: before(UNREAD_NOTIFICATION_DAYS),
    };
    await notifications.deleteOld(uow, notificationAges, signal);
    await commands.deleteFinished(uow, before(FINISHED_COMMAND_DAYS), signal);
    await idempotency.deleteOld(uow, before(REQUEST_ID_DAYS), signal);
  }
}
