import type { Severity } from '@spotopt/contracts';
import type { Tx, UnitOfWork } from '@spotopt/kernel';
import {
  changeRows,
  deleteInChunks,
  idColumn,
  insertIfAbsent,
  instantColumn,
  managerOf,
  stringColumn,
  textColumn,
} from '@spotopt/persistence';
import { Column, Entity, IsNull, PrimaryColumn } from 'typeorm';
import { ActivityStore, NotificationStore } from './ports.js';
import type { Activity, ActivityAges, Notification, NotificationAges } from './ports.js';

@Entity('activity')
export class ActivityRow {
  @PrimaryColumn(idColumn())
  id!: string;

  @Column(idColumn({ name: 'client_id', nullable: true }))
  clientId!: string | null;

  @Column(idColumn({ name: 'agent_id', nullable: true }))
  agentId!: string | null;

  @Column(stringColumn(32, { name: 'activity_type' }))
  activityType!: string;

  @Column(stringColumn(16))
  severity!: Severity;

  @Column(textColumn({ name: 'description' }))
  description!: string;

  @Column(instantColumn({ name: 'created_at' }))
  createdAt!: Date;
}

@Entity('notification')
export class NotificationRow {
  @PrimaryColumn(idColumn())
  id!: string;

  @Column(idColumn({ name: 'client_id', nullable: true }))
  clientId!: string | null;

  @Column(idColumn({ name: 'agent_id', nullable: true }))
  agentId!: string | null;

  @Column(stringColumn(32, { name: 'notification_type' }))
  notificationType!: string;

  @Column(stringColumn(16))
  severity!: Severity;

  @Column(stringColumn(255))
  title!: string;

  @Column(textColumn())
  message!: string;

  @Column(instantColumn({ name: 'created_at' }))
  createdAt!: Date;

  @Column(instantColumn({ name: 'read_at', nullable: true }))
  readAt!: Date | null;
}

export class TypeormActivityStore extends ActivityStore {
  override async insert(tx: Tx, activity: Activity): Promise<void> {
    const { type, text, createdAtMs, ...rest } = activity;
    const row = { ...rest, activityType: type, description: text, createdAt: new Date(createdAtMs) };
    await insertIfAbsent(tx, ActivityRow, row);
  }

  override async list(
    tx: Tx,
    query: { clientId: string | null; agentId: string | null; limit: number },
  ): Promise<readonly Activity[]> {
    const rows = await managerOf(tx).find(ActivityRow, {
      where: {
        ...(query.clientId === null ? {} : { clientId: query.clientId }),
        ...(query.agentId === null ? {} : { agentId: query.agentId }),
      },
      order: { createdAt: 'DESC', id: 'DESC' },
      take: query.limit,
    });
    return rows.map(({ activityType, description, createdAt, ...rest }) => ({
      ...rest,
      type: activityType,
      text: description,
      createdAtMs: createdAt.getTime(),
    }));
  }

  override async deleteOld(
    uow: UnitOfWork,
    { beforeMs, auditBeforeMs }: ActivityAges,
    signal: AbortSignal,
  ): Promise<number> {
    const old = { table: 'activity', keys: ['id'], timeColumn: 'created_at', signal };
    const plain = { ...old, before: new Date(beforeMs), where: "activity_type <> 'audit'" };
    const audit = { ...old, before: new Date(auditBeforeMs), where: "activity_type = 'audit'" };
    return (await deleteInChunks(uow, plain)) + (await deleteInChunks(uow, audit));
  }
}

function toNotification(row: NotificationRow): Notification {
  const { notificationType, createdAt, readAt, ...rest } = row;
  return {
    ...rest,
    type: notificationType,
    createdAtMs: createdAt.getTime(),
    readAtMs: readAt?.getTime() ?? null,
  };
}

export class TypeormNotificationStore extends NotificationStore {
  override async insert(tx: Tx, notification: Notification): Promise<void> {
    const { type, createdAtMs, readAtMs, ...rest } = notification;
    await insertIfAbsent(tx, NotificationRow, {
      ...rest,
      notificationType: type,
      createdAt: new Date(createdAtMs),
      readAt: readAtMs === null ? null : new Date(readAtMs),
    });
  }

  override async list(
    tx: Tx,
    query: { clientId: string | null; unreadOnly: boolean; limit: number },
  ): Promise<readonly Notification[]> {
    const rows = await managerOf(tx).find(NotificationRow, {
      where: {
        ...(query.clientId === null ? {} : { clientId: query.clientId }),
        ...(query.unreadOnly ? { readAt: IsNull() } : {}),
      },
      order: { createdAt: 'DESC', id: 'DESC' },
      take: query.limit,
    });
    return rows.map(toNotification);
  }

  override async countUnread(tx: Tx, clientId: string | null): Promise<number> {
    const scope = clientId === null ? {} : { clientId };
    return managerOf(tx).countBy(NotificationRow, { ...scope, readAt: IsNull() });
  }

  override async markRead(
    tx: Tx,
    id: string,
    scope: { clientId: string | null; nowMs: number },
  ): Promise<boolean> {
    const { clientId, nowMs } = scope;
    const own = await managerOf(tx).existsBy(NotificationRow, {
      id,
      ...(clientId === null ? {} : { clientId }),
    });
    if (!own) return false;
    await changeRows(tx, 'UPDATE notification SET read_at = ? WHERE id = ? AND read_at IS NULL', [
      new Date(nowMs),
      id,
    ]);
    return true;
  }

  override async markAllRead(tx: Tx, scope: { clientId: string | null; nowMs: number }): Promise<number> {
    const { clientId, nowMs } = scope;
    const only = clientId === null ? '' : ' AND client_id = ?';
    const parameters = clientId === null ? [new Date(nowMs)] : [new Date(nowMs), clientId];
    return changeRows(tx, `UPDATE notification SET read_at = ? WHERE read_at IS NULL${only}`, parameters);
  }

  override async deleteOld(
    uow: UnitOfWork,
    { readBeforeMs, createdBeforeMs }: NotificationAges,
    signal: AbortSignal,
  ): Promise<number> {
    const old = { table: 'notification', keys: ['id'], signal };
    const read = { ...old, timeColumn: 'read_at', before: new Date(readBeforeMs) };
    const unread = { ...old, timeColumn: 'created_at', before: new Date(createdBeforeMs) };
    return (
      (await deleteInChunks(uow, read)) + (await deleteInChunks(uow, { ...unread, where: 'read_at IS NULL' }))
    );
  }
}
