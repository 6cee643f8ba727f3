import { createHash } from 'node:crypto';
import type { Clock, Ids } from '@spotopt/kernel';

const LONGEST_TTL_SECONDS = 21_600;

/** Session tokens of instance metadata, each good for one instance until it expires on the clock. */
export class Tokens {
  readonly #expiresAtMs = new Map<string, number>();

  constructor(
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /** Undefined when the lifetime is not a whole number of seconds that IMDS allows. */
  issue(instanceId: string, ttlSeconds: string | undefined): string | undefined {
    if (ttlSeconds === undefined || !/^\d{1,5}$/.test(ttlSeconds)) return undefined;
    const seconds = Number(ttlSeconds);
    if (seconds < 1 || seconds > LONGEST_TTL_SECONDS) return undefined;
    const token = createHash('sha256').update(this.ids.next()).digest('base64url').padEnd(55, '=');
    this.#forgetExpired();
    this.#expiresAtMs.set(`${instanceId}|${token}`, this.clock.nowMs() + seconds * 1000);
    return token;
  }

  isValid(instanceId: string, token: string | undefined): boolean {
    const expiresAtMs = this.#expiresAtMs.get(`${instanceId}|${token ?? ''}`);
    return expiresAtMs !== undefined && this.clock.nowMs() < expiresAtMs;
  }

  #forgetExpired(): void {
    const nowMs = this.clock.nowMs();
    for (const [key, expiresAtMs] of this.#expiresAtMs)
      if (expiresAtMs <= nowMs) this.#expiresAtMs.delete(key);
  }
}
