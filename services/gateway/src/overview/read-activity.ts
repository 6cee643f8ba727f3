import type { Clock, UnitOfWork } from '@spotopt/kernel';
import type { Activity, ActivityStore, Notification, NotificationStore } from '../events/ports.js';

export interface ReadActivityParts {
  readonly activity: ActivityStore;
  readonly notifications: NotificationStore;
  readonly uow: UnitOfWork;
  readonly clock: Clock;
}

/** What people read, and that they have read it. */
export class ReadActivity {
  constructor(private readonly parts: ReadActivityParts) {}

  async activity(query: {
    clientId: string | null;
    agentId: string | null;
    limit: number;
  }): Promise<readonly Activity[]> {
    const { activity, uow } = this.parts;
    return uow.read((tx) => activity.list(tx, query));
  }

  async notifications(query: {
    clientId: string | null;
    unreadOnly: boolean;
    limit: number;
  }): Promise<{ notifications: readonly Notification[]; unread: number }> {
    const { notifications, uow } = this.parts;
    return uow.read(async (tx) => ({
      notifications: await notifications.list(tx, query),
      unread: await notifications.countUnread(tx, query.clientId),
    }));
  }

  /** False when this caller has no such notification. */
  async markRead(id: string, clientId: string | null): Promise<boolean> {
    const { notifications, uow, clock } = this.parts;
    return uow.run((tx) => notifications.markRead(tx, id, { clientId, nowMs: clock.nowMs() }));
  }

  async markAllRead(clientId: string | null): Promise<number> {
    const { notifications, uow, clock } = this.parts;
    return uow.run((tx) => notifications.markAllRead(tx, { clientId, nowMs: clock.nowMs() }));
  }
}
