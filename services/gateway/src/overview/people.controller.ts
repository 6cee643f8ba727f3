import { Param } from '@nestjs/common';
import type { BodyOf, QueryOf, ResponseOf } from '@spotopt/contracts/http';
import {
  ActivityRoute,
  MarkAllReadRoute,
  MarkNotificationReadRoute,
  NotificationsRoute,
} from '@spotopt/contracts/http';
import { notFound, scopeOf } from '../caller.js';
import type { Caller } from '../caller.js';
import { BodyFor, By, QueryFor, Routes, Serves } from '../route.js';
import { ReadActivity } from './read-activity.js';
import { toActivityItem, toNotificationItem } from './overview-wire.js';

/** A tenant named in a request, for those who may name one. */
function scopeWith(caller: Caller, clientId: string | null | undefined): string | null {
  const own = scopeOf(caller);
  if (own !== null && clientId != null && clientId !== '' && clientId !== own) throw notFound('client');
  return own ?? (clientId === '' ? null : (clientId ?? null));
}

@Routes()
export class PeopleController {
  constructor(private readonly readActivity: ReadActivity) {}

  @Serves(ActivityRoute)
  async activity(
    @By() caller: Caller,
    @QueryFor(ActivityRoute) query: QueryOf<typeof ActivityRoute>,
  ): Promise<ResponseOf<typeof ActivityRoute>> {
    const found = await this.readActivity.activity({
      clientId: scopeOf(caller),
      agentId: query.agent_id ?? null,
      limit: query.limit,
    });
    return { events: found.map(toActivityItem), total: found.length };
  }

  @Serves(NotificationsRoute)
  async notifications(
    @By() caller: Caller,
    @QueryFor(NotificationsRoute) query: QueryOf<typeof NotificationsRoute>,
  ): Promise<ResponseOf<typeof NotificationsRoute>> {
    const { notifications, unread } = await this.readActivity.notifications({
      clientId: scopeWith(caller, query.client_id),
      unreadOnly: query.unread_only ?? false,
      limit: query.limit,
    });
    return { notifications: notifications.map(toNotificationItem), unread };
  }

  @Serves(MarkNotificationReadRoute)
  async markRead(
    @By() caller: Caller,
    @Param('notificationId') id: string,
  ): Promise<ResponseOf<typeof MarkNotificationReadRoute>> {
    if (!(await this.readActivity.markRead(id, scopeOf(caller)))) throw notFound('notification');
    return { success: true, status: 'success', marked_read: 1 };
  }

  @Serves(MarkAllReadRoute)
  async markAllRead(
    @By() caller: Caller,
    @BodyFor(MarkAllReadRoute) body: BodyOf<typeof MarkAllReadRoute>,
  ): Promise<ResponseOf<typeof MarkAllReadRoute>> {
    const marked = await this.readActivity.markAllRead(scopeWith(caller, body?.client_id));
    return { success: true, status: 'success', marked_read: marked };
  }
}
