import { createHash } from 'node:crypto';
import { AppError } from '@spotopt/kernel';
import type { Clock, UnitOfWork } from '@spotopt/kernel';
import type { IdempotencyStore } from './ports.js';

export interface IdempotentRequest {
  /** Who asks: the same id of two tenants has nothing in common. */
  readonly scope: string;
  readonly routeId: string;
  readonly requestId: string;
  readonly path: string;
  readonly body: unknown;
}

export interface StoredAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface OpenRequest {
  readonly key: string;
  /** Present when the request was answered before. */
  readonly stored?: StoredAnswer;
}

function sha256(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('hex');
}

/** The same request id gives the same answer, for those who send one (CT-12). */
export class IdempotentRequests {
  constructor(
    private readonly parts: {
      readonly store: IdempotencyStore;
      readonly uow: UnitOfWork;
      readonly clock: Clock;
    },
  ) {}

  /**
   * @throws AppError `duplicate-request` (permanent) while the first one runs, `request-id-conflict`
   *   (permanent) when the id was used for something else
   */
  async begin(request: IdempotentRequest): Promise<OpenRequest> {
    const { store, uow, clock } = this.parts;
    const key = sha256(request.scope, request.routeId, request.requestId);
    const fingerprint = sha256(request.path, JSON.stringify(request.body ?? null));
    const start = await uow.run((tx) => store.begin(tx, key, fingerprint, clock.nowMs()));
    switch (start.outcome) {
      case 'started':
        return { key };
      case 'finished':
        return { key, stored: { status: start.status, body: JSON.parse(start.body) as unknown } };
      case 'running':
        throw AppError.permanent('duplicate-request', 'the first request with this id is still under way');
      case 'other-request':
        throw AppError.permanent('request-id-conflict', 'this request id was used for another request');
    }
  }

  async finish(key: string, answer: StoredAnswer): Promise<void> {
    const { store, uow } = this.parts;
    await uow.run((tx) => store.finish(tx, key, answer.status, JSON.stringify(answer.body ?? null)));
  }

  /** Nothing happened: the same id may try again. */
  async forget(key: string): Promise<void> {
    const { store, uow } = this.parts;
    await uow.run((tx) => store.forget(tx, key));
  }
}
