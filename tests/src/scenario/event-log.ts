import { Envelope } from '@spotopt/contracts';
import { AppError, SystemClock } from '@spotopt/kernel';
import { z } from 'zod';
import type { Api } from './api.js';
import type { EventLog } from './scenario.js';

const PAGE = 500;
const POLL_MS = 50;
const DEFAULT_WITHIN_MS = 120_000;
const REAL_TIME = new SystemClock();

const Page = z.object({
  events: z.array(z.object({ event: Envelope })),
  next_cursor: z.number(),
  has_more: z.boolean(),
});

/** Reads the public event contract over HTTP, as any other system would. */
export class ReplayedEventLog implements EventLog {
  readonly #events: Envelope[] = [];
  #cursor = 0;

  constructor(private readonly api: Api) {}

  async all(): Promise<readonly Envelope[]> {
    for (;;) {
      const answer = Page.parse(
        await this.api.get(`/api/events?after=${String(this.#cursor)}&limit=${String(PAGE)}`),
      );
      this.#events.push(...answer.events.map(({ event }) => event));
      this.#cursor = answer.next_cursor;
      if (!answer.has_more) return this.#events;
    }
  }

  async until(
    what: string,
    fits: (event: Envelope) => boolean,
    options: { withinMs?: number } = {},
  ): Promise<Envelope> {
    const withinMs = options.withinMs ?? DEFAULT_WITHIN_MS;
    const giveUpAtMs = REAL_TIME.nowMs() + withinMs;
    for (;;) {
      const found = (await this.all()).find(fits);
      if (found !== undefined) return found;
      if (REAL_TIME.nowMs() > giveUpAtMs) {
        throw AppError.permanent(
          'scenario-timeout',
          `${what} did not happen within ${String(Math.round(withinMs / 1000))} s`,
        );
      }
      await REAL_TIME.sleep(POLL_MS);
    }
  }
}

/** Data of an event of a type, read with its own schema. */
export function dataOf<Schema extends z.ZodType>(
  definition: { readonly type: string; readonly data: Schema },
  event: Envelope,
): z.output<Schema> {
  if (event.type !== definition.type) {
    throw AppError.bug('other-event', `expected ${definition.type}, got ${event.type}`);
  }
  return definition.data.parse(event.data);
}

export function ofType<Schema extends z.ZodType>(
  definition: { readonly type: string; readonly data: Schema },
  events: readonly Envelope[],
): { readonly event: Envelope; readonly data: z.output<Schema> }[] {
  return events
    .filter((event) => event.type === definition.type)
    .map((event) => ({ event, data: definition.data.parse(event.data) }));
}

/** @throws AppError `event-missing` (permanent) */
export function lastOf<Schema extends z.ZodType>(
  definition: { readonly type: string; readonly data: Schema },
  events: readonly Envelope[],
): z.output<Schema> {
  const last = ofType(definition, events).at(-1);
  if (last === undefined) throw AppError.permanent('event-missing', `there was no ${definition.type}`);
  return last.data;
}
