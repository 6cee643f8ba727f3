import { AppError } from '@spotopt/kernel';
import { z } from 'zod';
import { exchangeHttp } from '../http-exchange.js';
import type { HttpAnswer, HttpRequest } from '../http-exchange.js';
import { InstanceMetadata } from './instance-metadata.js';
import type { InstanceIdentity, ScheduledMaintenance, SpotInstanceAction } from './instance-metadata.js';

export interface ImdsSettings {
  /** Up to and including `/latest`. @default http://169.254.169.254/latest */
  readonly baseUrl?: string | undefined;
  /** @default 2000 */
  readonly timeoutMs?: number | undefined;
  /** @default 21600, AWS's maximum */
  readonly tokenTtlSeconds?: number | undefined;
}

const Document = z.object({
  instanceId: z.string(),
  instanceType: z.string(),
  region: z.string(),
  availabilityZone: z.string(),
  imageId: z.string(),
  accountId: z.string().nullish(),
  privateIp: z.string().nullish(),
});
const Action = z.object({ action: z.enum(['terminate', 'stop', 'hibernate']), time: z.string() });
const Rebalance = z.object({ noticeTime: z.string() });
const Maintenance = z.array(
  z.object({
    EventId: z.string().default(''),
    Code: z.string().default(''),
    State: z.string().default('active'),
    NotBefore: z.string().optional(),
  }),
);

function unavailable(path: string, why: string, cause?: unknown): AppError {
  return AppError.transient('metadata-unavailable', `instance metadata ${path}: ${why}`, { cause });
}

function marketOf(lifeCycle: string | null): InstanceIdentity['market'] {
  if (lifeCycle === 'spot' || lifeCycle === 'on-demand') return lifeCycle;
  return 'unknown';
}

/** IMDSv2. One token serves every read until AWS refuses it. */
export class ImdsMetadata extends InstanceMetadata {
  readonly #baseUrl: string;
  readonly #timeoutMs: number;
  readonly #ttlSeconds: number;
  #token: Promise<string> | undefined;

  constructor(settings: ImdsSettings = {}) {
    super();
    this.#baseUrl = (settings.baseUrl ?? 'http://169.254.169.254/latest').replace(/\/+$/, '');
    this.#timeoutMs = settings.timeoutMs ?? 2_000;
    this.#ttlSeconds = settings.tokenTtlSeconds ?? 21_600;
  }

  override async identity(): Promise<InstanceIdentity> {
    const document = await this.#json('dynamic/instance-identity/document', Document);
    if (document === null) throw unavailable('dynamic/instance-identity/document', 'absent');
    const lifeCycle = await this.#text('meta-data/instance-life-cycle');
    return {
      ec2InstanceId: document.instanceId,
      instanceType: document.instanceType,
      region: document.region,
      az: document.availabilityZone,
      imageId: document.imageId,
      accountId: document.accountId ?? null,
      market: marketOf(lifeCycle),
      privateIp: document.privateIp ?? null,
      publicIp: await this.#text('meta-data/public-ipv4'),
      hostname: await this.#text('meta-data/hostname'),
    };
  }

  override async spotInstanceAction(): Promise<SpotInstanceAction | null> {
    const path = 'meta-data/spot/instance-action';
    const found = await this.#json(path, Action);
    return found === null ? null : { action: found.action, at: this.#date(path, found.time) };
  }

  override async rebalanceRecommendation(): Promise<{ readonly noticedAt: Date } | null> {
    const path = 'meta-data/events/recommendations/rebalance';
    const found = await this.#json(path, Rebalance);
    return found === null ? null : { noticedAt: this.#date(path, found.noticeTime) };
  }

  override async scheduledMaintenance(): Promise<readonly ScheduledMaintenance[]> {
    const found = await this.#json('meta-data/events/maintenance/scheduled', Maintenance);
    return (found ?? []).map((event) => {
      const notBeforeMs = event.NotBefore === undefined ? Number.NaN : Date.parse(event.NotBefore);
      return {
        eventId: event.EventId,
        code: event.Code,
        state: event.State,
        notBeforeAt: Number.isNaN(notBeforeMs) ? null : new Date(notBeforeMs),
      };
    });
  }

  override tag(key: string): Promise<string | null> {
    return this.#text(`meta-data/tags/instance/${encodeURIComponent(key).replaceAll('%3A', ':')}`);
  }

  override userData(): Promise<Uint8Array | null> {
    return this.#bytes('user-data');
  }

  #date(path: string, text: string): Date {
    const ms = Date.parse(text);
    if (Number.isNaN(ms)) throw unavailable(path, `${text} is not a time`);
    return new Date(ms);
  }

  async #json<T>(path: string, schema: z.ZodType<T>): Promise<T | null> {
    const text = await this.#text(path);
    if (text === null) return null;
    try {
      return schema.parse(JSON.parse(text));
    } catch (cause) {
      throw unavailable(path, 'not in the documented shape', cause);
    }
  }

  async #text(path: string): Promise<string | null> {
    const bytes = await this.#bytes(path);
    return bytes === null ? null : new TextDecoder().decode(bytes).trim();
  }

  /** The body, or null on 404. A refused token is replaced once. */
  async #bytes(path: string): Promise<Uint8Array | null> {
    let answer = await this.#get(path);
    if (answer.status === 401) {
      this.#token = undefined;
      answer = await this.#get(path);
    }
    if (answer.status === 404) return null;
    if (answer.status !== 200) throw unavailable(path, `HTTP ${String(answer.status)}`);
    return answer.body;
  }

  async #get(path: string): Promise<HttpAnswer> {
    const token = await this.#currentToken();
    return this.#exchange(path, { method: 'GET', headers: { 'X-aws-ec2-metadata-token': token } });
  }

  #currentToken(): Promise<string> {
    this.#token ??= this.#newToken().catch((error: unknown) => {
      this.#token = undefined;
      throw error;
    });
    return this.#token;
  }

  async #newToken(): Promise<string> {
    const answer = await this.#exchange('api/token', {
      method: 'PUT',
      headers: { 'X-aws-ec2-metadata-token-ttl-seconds': String(this.#ttlSeconds) },
    });
    if (answer.status !== 200) throw unavailable('api/token', `HTTP ${String(answer.status)}`);
    return answer.body.toString('utf8').trim();
  }

  async #exchange(path: string, request: Pick<HttpRequest, 'method' | 'headers'>): Promise<HttpAnswer> {
    try {
      return await exchangeHttp({ ...request, url: `${this.#baseUrl}/${path}`, timeoutMs: this.#timeoutMs });
    } catch (cause) {
      throw unavailable(path, cause instanceof Error ? cause.message : 'no answer', cause);
    }
  }
}
