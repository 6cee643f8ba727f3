import type { Envelope, Severity } from '@spotopt/contracts';
import type { Tx, UnitOfWork } from '@spotopt/kernel';

/** Who may see an event: one tenant and the administrator, everybody, or the administrator alone. */
export type Audience = 'tenant' | 'everyone' | 'admin';

export interface LoggedEvent {
  readonly cursor: number;
  readonly event: Envelope;
}

export interface EventQuery {
  readonly after: number;
  readonly limit: number;
  /** Null for the administrator, who sees everything. */
  readonly clientId: string | null;
  readonly type?: string | undefined;
  readonly subject?: string | undefined;
}

/** Every event that the gateway saw, in an order that no late commit can change. */
export abstract class EventLogStore {
  /** Cursors rise in the order of commits: whoever read up to one has missed nothing before it. */
  abstract append(
    tx: Tx,
    entry: { event: Envelope; audience: Audience; clientId: string | null },
  ): Promise<number>;
  /** Oldest first. */
  abstract read(tx: Tx, query: EventQuery): Promise<readonly LoggedEvent[]>;
  abstract latestCursor(tx: Tx): Promise<number>;
  abstract deleteOld(uow: UnitOfWork, beforeMs: number, signal: AbortSignal): Promise<number>;
}

export interface NewActivity {
  /** `switch`, `agent`, `event` or `audit`. */
  readonly type: string;
  readonly text: string;
  readonly severity: Severity;
  readonly clientId: string | null;
  readonly agentId: string | null;
}

export interface Activity extends NewActivity {
  readonly id: string;
  readonly createdAtMs: number;
}

/** Records what a person did or saw, in the transaction of the deed. */
export abstract class AuditTrail {
  abstract record(tx: Tx, entry: NewActivity): Promise<void>;
}

export abstract class ActivityStore {
  abstract insert(tx: Tx, activity: Activity): Promise<void>;
  abstract list(
    tx: Tx,
    query: { clientId: string | null; agentId: string | null; limit: number },
  ): Promise<readonly Activity[]>;
  abstract deleteOld(uow: UnitOfWork, ages: ActivityAges, signal: AbortSignal): Promise<number>;
}

/** Deeds of people stay longer than the rest. */
export interface ActivityAges {
  readonly beforeMs: number;
  readonly auditBeforeMs: number;
}

export interface Notification {
  readonly id: string;
  readonly clientId: string | null;
  readonly agentId: string | null;
  readonly type: string;
  readonly title: string;
  readonly message: string;
  readonly severity: Severity;
  readonly createdAtMs: number;
  readonly readAtMs: number | null;
}

export abstract class NotificationStore {
  abstract insert(tx: Tx, notification: Notification): Promise<void>;
  abstract list(
    tx: Tx,
    query: { clientId: string | null; unreadOnly: boolean; limit: number },
  ): Promise<readonly Notification[]>;
  abstract countUnread(tx: Tx, clientId: string | null): Promise<number>;
  /** False when this caller has no such notification. */
  abstract markRead(tx: Tx, id: string, scope: { clientId: string | null; nowMs: number }): Promise<boolean>;
  abstract markAllRead(tx: Tx, scope: { clientId: string | null; nowMs: number }): Promise<number>;
  abstract deleteOld(uow: UnitOfWork, ages: NotificationAges, signal: AbortSignal): Promise<number>;
}

/** A read one goes by the time it was read, any other by its own. */
export interface NotificationAges {
  readonly readBeforeMs: number;
  readonly createdBeforeMs: number;
}
