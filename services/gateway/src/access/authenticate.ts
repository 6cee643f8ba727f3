import { hash, timingSafeEqual } from 'node:crypto';
import { AppError } from '@spotopt/kernel';
import type { Clock, UnitOfWork } from '@spotopt/kernel';
import type { Caller } from '../caller.js';
import type { ClientStatus } from './client.js';
import type { ClientStore } from './ports.js';

interface KnownToken {
  readonly client: { readonly id: string; readonly name: string; readonly status: ClientStatus } | null;
  readonly readAtMs: number;
}

export interface AuthenticateParts {
  readonly adminToken: string;
  readonly store: ClientStore;
  readonly uow: UnitOfWork;
  /** Real time: a revocation must take effect within five seconds of it, whatever the simulated speed. */
  readonly wallClock: Clock;
}

/** A token that was revoked elsewhere is known for this long at most. */
const CACHE_MS = 4_000;
const CACHE_ENTRIES = 50_000;

function digest(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}

/** Turns a token into the caller that it stands for. */
export class Authenticate {
  readonly #known = new Map<string, KnownToken>();
  readonly #adminDigest: Buffer;

  constructor(private readonly parts: AuthenticateParts) {
    this.#adminDigest = digest(parts.adminToken);
  }

  /**
   * @throws AppError `unauthorized` (permanent) for an unknown token, `forbidden` (permanent) for that of a
   *   tenant that is not active
   */
  async execute(token: string): Promise<Caller> {
    const hashed = digest(token);
    if (timingSafeEqual(hashed, this.#adminDigest)) return { kind: 'admin', via: 'token' };
    const { client } = await this.#lookUp(hashed.toString('hex'));
    if (client === null || client.status === 'deleted') {
      throw AppError.permanent('unauthorized', 'invalid token');
    }
    if (client.status !== 'active') throw AppError.permanent('forbidden', 'the account is not active');
    return { kind: 'client', clientId: client.id, name: client.name };
  }

  /** A token or tenant changed: nothing is known until it is read again. */
  forgetAll(): void {
    this.#known.clear();
  }

  async #lookUp(tokenHash: string): Promise<KnownToken> {
    const { store, uow, wallClock } = this.parts;
    const known = this.#known.get(tokenHash);
    if (known !== undefined && wallClock.nowMs() - known.readAtMs < CACHE_MS) return known;
    const readAtMs = wallClock.nowMs();
    const client = await uow.read((tx) => store.findByTokenHash(tx, tokenHash));
    const fresh: KnownToken = { client, readAtMs };
    if (this.#known.size >= CACHE_ENTRIES) this.#known.clear();
    this.#known.set(tokenHash, fresh);
    return fresh;
  }
}
