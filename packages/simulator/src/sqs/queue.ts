import { createHash } from 'node:crypto';
import type { Clock, Ids } from '@spotopt/kernel';
import type { Faults } from '../faults/faults.js';
import { uuidOf } from '../region/notice-events.js';

export interface Message {
  readonly messageId: string;
  readonly body: string;
  readonly md5: string;
  readonly attributes: unknown;
  readonly sentAtMs: number;
  visibleAtMs: number;
  receiveCount: number;
  firstReceivedAtMs: number | undefined;
  receiptHandle: string | undefined;
}

export interface QueueSettings {
  readonly visibilityTimeoutMs: number;
  readonly retentionMs: number;
  readonly receiveWaitMs: number;
}

interface QueueParts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: () => number;
  readonly faults: Faults;
}

/** Even a clock that stands still must not hold a connection longer than AWS would. */
const LONGEST_REAL_WAIT_MS = 20_000;

/** A standard queue: at least once, best-effort order, visibility timeouts on the clock. */
export class Queue {
  #messages: Message[] = [];
  readonly #waiters = new Set<() => void>();

  constructor(
    readonly name: string,
    public settings: QueueSettings,
    private readonly parts: QueueParts,
  ) {}

  send(body: string, options: { delayMs?: number; attributes?: unknown } = {}): Message {
    const message = this.#message(body, options);
    this.#messages.push(message);
    if (this.parts.faults.duplicatesMessage()) this.#messages.push({ ...message });
    for (const wake of [...this.#waiters]) wake();
    return message;
  }

  /** Takes up to `most` visible messages, waiting for the first one up to `waitMs` of the clock's time. */
  async receive(options: {
    readonly most: number;
    readonly waitMs: number;
    readonly visibilityTimeoutMs: number;
    readonly signal: AbortSignal;
  }): Promise<Message[]> {
    const deadlineAtMs = this.parts.clock.nowMs() + options.waitMs;
    const signal = AbortSignal.any([options.signal, AbortSignal.timeout(LONGEST_REAL_WAIT_MS)]);
    for (;;) {
      const taken = this.#take(options.most, options.visibilityTimeoutMs);
      const leftMs = deadlineAtMs - this.parts.clock.nowMs();
      if (taken.length > 0 || leftMs <= 0 || signal.aborted) return taken;
      await this.#changed(leftMs, signal);
    }
  }

  /** Deleting what is not there, or with an old handle, is no error. */
  delete(receiptHandle: string): void {
    this.#messages = this.#messages.filter((message) => message.receiptHandle !== receiptHandle);
  }

  /** False when no message has this handle. */
  changeVisibility(receiptHandle: string, visibilityTimeoutMs: number): boolean {
    const message = this.#messages.find((candidate) => candidate.receiptHandle === receiptHandle);
    if (message === undefined) return false;
    message.visibleAtMs = this.parts.clock.nowMs() + visibilityTimeoutMs;
    for (const wake of [...this.#waiters]) wake();
    return true;
  }

  purge(): void {
    this.#messages = [];
  }

  counts(): { readonly visible: number; readonly inFlight: number; readonly delayed: number } {
    const nowMs = this.parts.clock.nowMs();
    const waiting = this.#messages.filter((message) => message.visibleAtMs > nowMs);
    const delayed = waiting.filter((message) => message.receiveCount === 0).length;
    return { visible: this.#messages.length - waiting.length, inFlight: waiting.length - delayed, delayed };
  }

  #message(body: string, options: { delayMs?: number; attributes?: unknown }): Message {
    const nowMs = this.parts.clock.nowMs();
    return {
      messageId: uuidOf(this.parts.ids.next()),
      body,
      md5: createHash('md5').update(body).digest('hex'),
      attributes: options.attributes,
      sentAtMs: nowMs,
      visibleAtMs: nowMs + (options.delayMs ?? 0),
      receiveCount: 0,
      firstReceivedAtMs: undefined,
      receiptHandle: undefined,
    };
  }

  #take(most: number, visibilityTimeoutMs: number): Message[] {
    const nowMs = this.parts.clock.nowMs();
    this.#messages = this.#messages.filter((message) => message.sentAtMs + this.settings.retentionMs > nowMs);
    const visible = this.#messages.filter((message) => message.visibleAtMs <= nowMs);
    if (visible.length > 1 && this.parts.faults.reordersMessages()) shuffle(visible, this.parts.random);
    const taken = visible.slice(0, most);
    for (const message of taken) {
      message.visibleAtMs = nowMs + visibilityTimeoutMs;
      message.receiveCount += 1;
      message.firstReceivedAtMs ??= nowMs;
      message.receiptHandle = Buffer.from(`${this.name}/${this.parts.ids.next()}`).toString('base64');
    }
    return taken.map((message) => ({ ...message }));
  }

  /** Resolves when a message arrives, one becomes visible, the wait is over or the reader is gone. */
  async #changed(waitMs: number, signal: AbortSignal): Promise<void> {
    const nowMs = this.parts.clock.nowMs();
    const nextVisibleMs = Math.min(...this.#messages.map((message) => message.visibleAtMs - nowMs), waitMs);
    const wake = new AbortController();
    const awaken = (): void => wake.abort();
    this.#waiters.add(awaken);
    await this.parts.clock.sleep(Math.max(1, nextVisibleMs), AbortSignal.any([wake.signal, signal]));
    this.#waiters.delete(awaken);
  }
}

function shuffle(messages: Message[], random: () => number): void {
  for (let last = messages.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    const [a, b] = [messages[last], messages[other]];
    if (a !== undefined && b !== undefined) [messages[last], messages[other]] = [b, a];
  }
}
