import type { CanonicalRow } from '@spotopt/contracts';
import type { PoolMark } from '../market/ports.js';
import type { Spell } from './spell-model.js';

const MINUTE_MS = 60_000;
const BUCKET_MS = 5 * MINUTE_MS;
/** Without prices nobody wrote down what ran; over a short hole it is taken to have gone on. */
const HOLE_MS = 60 * MINUTE_MS;
/** A machine that runs so long after an interruption is none of those that were taken. */
const TAKEN_AFTER_MS = 10 * MINUTE_MS;
/** A pool that nobody asked for longer than this may have come back at any time since. */
const ASKED_MS = 60 * MINUTE_MS;

type Status =
  | { readonly is: 'unknown' }
  | { readonly is: 'up'; readonly sinceMs: number }
  | { readonly is: 'down'; readonly sinceMs: number; readonly seenMs: number };

/**
 * Spells of one pool, from what ran there and what happened. It is up from the first machine of ours that runs there
 * until one is interrupted; machines that we took away ourselves cut the spell off. It is down from an interruption,
 * or from a refused launch while none runs, until a machine runs there again; when nobody had asked for an hour
 * before that, the spell counts as cut off at the last refusal.
 */
export class PoolSpells {
  readonly up: Spell[] = [];
  readonly down: Spell[] = [];
  readonly #marks: readonly { readonly atMs: number; readonly kind: PoolMark['kind'] }[];
  #nextMark = 0;
  #status: Status = { is: 'unknown' };
  #running = 0;
  #lastEndMs: number | null = null;

  constructor(marks: readonly PoolMark[]) {
    this.#marks = marks.map(({ at, kind }) => ({ atMs: at.getTime(), kind })).sort((a, b) => a.atMs - b.atMs);
  }

  /** Buckets come oldest first. */
  add({ at, runningInstances }: Pick<CanonicalRow, 'at' | 'runningInstances'>): void {
    const startMs = Date.parse(at);
    this.#marksBefore(startMs);
    if (this.#lastEndMs !== null && startMs - this.#lastEndMs > HOLE_MS) this.#loseSight(this.#lastEndMs);
    this.#lookAt(startMs, runningInstances);
    this.#running = runningInstances;
    this.#lastEndMs = startMs + BUCKET_MS;
    this.#marksBefore(this.#lastEndMs);
  }

  /** What lasts is cut off here. */
  finish(): void {
    if (this.#lastEndMs !== null) this.#loseSight(this.#lastEndMs);
  }

  #lookAt(nowMs: number, running: number): void {
    const status = this.#status;
    if (status.is === 'up') {
      if (running === 0) this.#loseSight(nowMs);
      return;
    }
    if (running === 0) return;
    const isNew = running > this.#running;
    if (status.is === 'down') {
      if (!isNew && nowMs - status.seenMs < TAKEN_AFTER_MS) return;
      const wasAsked = nowMs - status.seenMs <= ASKED_MS;
      this.#keep('down', status.sinceMs, wasAsked ? nowMs : status.seenMs, wasAsked);
    }
    this.#status = { is: 'up', sinceMs: nowMs };
  }

  #marksBefore(untilMs: number): void {
    for (;;) {
      const mark = this.#marks[this.#nextMark];
      if (mark === undefined || mark.atMs >= untilMs) return;
      this.#nextMark += 1;
      this.#hear(mark.kind, mark.atMs);
    }
  }

  #hear(kind: PoolMark['kind'], atMs: number): void {
    const status = this.#status;
    // A machine that runs is not taken because another one cannot be had.
    if (status.is === 'up' && kind === 'launch-failed') return;
    if (status.is === 'up') this.#keep('up', status.sinceMs, atMs, true);
    this.#status = { is: 'down', sinceMs: status.is === 'down' ? status.sinceMs : atMs, seenMs: atMs };
  }

  #loseSight(atMs: number): void {
    const status = this.#status;
    if (status.is === 'up') this.#keep('up', status.sinceMs, atMs, false);
    if (status.is === 'down') this.#keep('down', status.sinceMs, status.seenMs, false);
    this.#status = { is: 'unknown' };
    this.#running = 0;
  }

  /** A spell that was cut off at once says nothing. */
  #keep(kind: 'up' | 'down', fromMs: number, untilMs: number, ended: boolean): void {
    const seconds = Math.max(0, untilMs - fromMs) / 1_000;
    if (ended || seconds > 0) this[kind].push({ seconds, ended });
  }
}
