import type { ServerResponse } from 'node:http';
import { PeriodicTask } from '@spotopt/kernel';
import type { Clock } from '@spotopt/kernel';
import type { EventTail, Follower } from './event-tail.js';
import { SSE_HEARTBEAT, sseFrame } from './sse.js';

const HEARTBEAT_MS = 15_000;

export interface OpenStream {
  readonly clientId: string | null;
  readonly after: number;
}

/** Open server-sent event streams of this process. */
export class EventStreams {
  readonly #open = new Set<() => void>();

  constructor(
    private readonly tail: EventTail,
    private readonly wallClock: Clock,
  ) {}

  /** Writes to `response` until the reader leaves or the process ends. */
  open(response: ServerResponse, stream: OpenStream): void {
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      connection: 'keep-alive',
      'x-accel-buffering': 'no',
    });
    response.write('retry: 2000\n\n');
    const follower: Follower = {
      clientId: stream.clientId,
      cursor: stream.after,
      ready: () => !response.writableNeedDrain,
      take: (entries) => {
        response.write(entries.map(sseFrame).join(''));
      },
    };
    const unfollow = this.tail.follow(follower);
    const heartbeat = new PeriodicTask(
      this.wallClock,
      {
        name: 'sse-heartbeat',
        intervalMs: HEARTBEAT_MS,
        firstAfterMs: HEARTBEAT_MS,
        onError: () => undefined,
      },
      async () => {
        response.write(SSE_HEARTBEAT);
        return Promise.resolve();
      },
    ).start();
    const close = (): void => {
      unfollow();
      this.#open.delete(close);
      void heartbeat.stop();
      if (!response.writableEnded) response.end();
    };
    this.#open.add(close);
    response.on('close', close);
    response.on('error', close);
    response.on('drain', () => {
      this.tail.nudge();
    });
  }

  get count(): number {
    return this.#open.size;
  }

  closeAll(): void {
    for (const close of [...this.#open]) close();
  }
}
