import type { Tx, UnitOfWork } from '@spotopt/kernel';
import type { Client, ClientStatus } from './client.js';

export abstract class ClientStore {
  /** @throws AppError `client-name-in-use` or `client-email-in-use` (permanent) */
  abstract insert(tx: Tx, client: Client): Promise<void>;
  abstract find(tx: Tx, clientId: string): Promise<Client | null>;
  abstract findByTokenHash(tx: Tx, tokenHash: string): Promise<Client | null>;
  /** Tenants that are not deleted, oldest first. */
  abstract list(tx: Tx): Promise<readonly Client[]>;
  abstract count(tx: Tx): Promise<number>;
  /** False when there is no such tenant. */
  abstract replaceToken(
    tx: Tx,
    clientId: string,
    token: { hash: string; encrypted: string },
  ): Promise<boolean>;
  abstract setStatus(tx: Tx, clientId: string, status: ClientStatus): Promise<boolean>;
}

/** How long a caller must wait, or 0 when the request may pass. */
export abstract class RateLimiter {
  /** Takes one token from the bucket of `key`; never fails, never opens because a server is down. */
  abstract take(key: string): Promise<number>;
}

/** Answers of requests that carried a request id, so that the same id gives the same answer (CT-12). */
export abstract class IdempotencyStore {
  /** `started` exactly once per key; later calls get what the first one left. */
  abstract begin(tx: Tx, key: string, fingerprint: string, nowMs: number): Promise<IdempotentStart>;
  abstract finish(tx: Tx, key: string, status: number, body: string): Promise<void>;
  /** The request did not take place: the same key may try again. */
  abstract forget(tx: Tx, key: string): Promise<void>;
  abstract deleteOld(uow: UnitOfWork, beforeMs: number, signal: AbortSignal): Promise<number>;
}

export type IdempotentStart =
  | { readonly outcome: 'started' }
  | { readonly outcome: 'running' }
  | { readonly outcome: 'other-request' }
  | { readonly outcome: 'finished'; readonly status: number; readonly body: string };

/** What other capabilities may know of tenants. */
export abstract class ClientRegister {
  abstract count(): Promise<number>;
  /** Tenants that are not deleted, oldest first. */
  abstract list(): Promise<readonly Client[]>;
  /** @throws AppError `not-found` (permanent) */
  abstract get(clientId: string): Promise<Client>;
}
