import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ManualClock, databaseDialects, testDatabase } from '@spotopt/testkit';
import type { TestDatabase } from '@spotopt/testkit';
import { TypeormIdempotencyStore } from '../access/idempotency.store.js';
import { TypeormCommandStore } from '../commands/command.store.js';
import { gatewayService } from '../index.js';
import { TypeormActivityStore, TypeormNotificationStore } from './activity.store.js';
import { DeleteOldRecords } from './delete-old-records.js';
import { TypeormEventLogStore } from './event-log.store.js';
import type { Activity, Notification } from './ports.js';

const DAY_MS = 86_400_000;

describe.each(databaseDialects())('old records on %s', (dialect) => {
  const clock = new ManualClock(Date.parse('2026-11-21T12:00:00.000Z'));
  const activity = new TypeormActivityStore();
  const notifications = new TypeormNotificationStore();
  const commands = new TypeormCommandStore();
  let test: TestDatabase;

  beforeAll(async () => {
    const { entities, migrations } = gatewayService;
    test = await testDatabase(dialect, { service: 'gateway', entities, migrations, clock });
  });
  afterAll(() => test.cleanUp());

  function daysAgo(days: number): number {
    return clock.nowMs() - days * DAY_MS;
  }

  function deed(id: string, type: string, days: number): Activity {
    const common = { clientId: null, agentId: null, severity: 'info' as const, text: id };
    return { ...common, id, type, createdAtMs: daysAgo(days) };
  }

  function notification(id: string, created: number, read: number | null): Notification {
    const readAtMs = read === null ? null : daysAgo(read);
    return { ...deed(id, 'event', created), title: id, message: id, readAtMs };
  }

  async function finishedCommand(commandId: string, days: number | null): Promise<void> {
    const time = new Date(daysAgo(100)).toISOString();
    const agent = { agentKey: 'key-1', agentId: 'agent-1', clientId: 'client-1' };
    const command = {
      ...agent,
      commandId,
      commandType: 'quiesce' as const,
      priority: 50,
      epoch: 1,
      switchId: 'switch-1',
      deadlineAt: time,
    };
    await test.database.uow.run(async (tx) => {
      await commands.insert(tx, command, daysAgo(100));
      const stored = await commands.find(tx, commandId);
      if (stored === null || days === null) return;
      const finishedAtMs = daysAgo(days);
      await commands.finish(tx, stored, { status: 'completed', message: '', result: {}, finishedAtMs });
    });
  }

  it('go at the age of their kind and not before', async () => {
    const { uow } = test.database;
    await uow.run(async (tx) => {
      for (const [id, type, days] of [
        ['fresh', 'event', 89],
        ['old', 'event', 91],
        ['audit', 'audit', 179],
        ['old-audit', 'audit', 181],
      ] as const) {
        await activity.insert(tx, deed(id, type, days));
      }
      await notifications.insert(tx, notification('unread', 89, null));
      await notifications.insert(tx, notification('old-unread', 91, null));
      await notifications.insert(tx, notification('just-read', 89, 29));
      await notifications.insert(tx, notification('long-read', 89, 31));
    });
    await finishedCommand('fresh', 29);
    await finishedCommand('old', 31);
    await finishedCommand('open', null);

    const stores = { activity, notifications, commands, log: new TypeormEventLogStore() };
    const parts = { ...stores, idempotency: new TypeormIdempotencyStore(), uow, clock };
    await new DeleteOldRecords({ ...parts, eventRetentionDays: 7 }).execute(new AbortController().signal);

    await uow.read(async (tx) => {
      const everything = { clientId: null, agentId: null, unreadOnly: false, limit: 10 };
      expect((await activity.list(tx, everything)).map(({ id }) => id)).toEqual(['fresh', 'audit']);
      const left = (await notifications.list(tx, everything)).map(({ id }) => id);
      expect(left.sort()).toEqual(['just-read', 'unread']);
      expect(await commands.find(tx, 'old')).toBeNull();
      expect(await commands.find(tx, 'fresh')).not.toBeNull();
      expect(await commands.find(tx, 'open')).not.toBeNull();
    });
  });
});
