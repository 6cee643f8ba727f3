import { HeartbeatsV1, createEvent } from '@spotopt/contracts';
import type { EventData, ResolvedAgent } from '@spotopt/contracts';
import { PeriodicTask } from '@spotopt/kernel';
import type { Clock, Ids } from '@spotopt/kernel';
import type { DirectEvents, Log } from '../ports.js';
import type { Beat } from './ports.js';

type WireBeat = EventData<typeof HeartbeatsV1>['beats'][number];

export interface HeartbeatBufferParts {
  readonly events: DirectEvents;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly random: () => number;
  /** Longest stay of a heartbeat here. @default 1000 */
  readonly intervalMs?: number;
  /** A batch leaves at once when it has this many. @default 200 */
  readonly batchSize?: number;
}

/** Collects heartbeats and sends them as batches. One that is lost is replaced by the next. */
export class HeartbeatBuffer {
  readonly #beats = new Map<string, WireBeat>();
  readonly #task: PeriodicTask;
  readonly #batchSize: number;
  /** Names this process in `subject`, so that its batches keep their order. */
  readonly #processId: string;

  constructor(private readonly parts: HeartbeatBufferParts) {
    this.#batchSize = parts.batchSize ?? 200;
    this.#processId = `gateway-${parts.ids.next()}`;
    const intervalMs = parts.intervalMs ?? 1_000;
    this.#task = new PeriodicTask(
      parts.clock,
      {
        name: 'heartbeats',
        intervalMs,
        maxDelayMs: intervalMs,
        random: parts.random,
        onError: (error) => {
          parts.log.warn({ error }, 'a batch of heartbeats was lost');
        },
      },
      async () => this.flush(),
    );
  }

  start(): void {
    this.#task.start();
  }

  async stop(): Promise<void> {
    await this.#task.stop();
    await this.flush();
  }

  add(agent: ResolvedAgent, beat: Beat): void {
    const { agentKey, agentId, clientId } = agent;
    this.#beats.delete(agentKey);
    this.#beats.set(agentKey, {
      agentKey,
      agentId,
      clientId,
      ...beat,
      receivedAt: this.parts.clock.now().toISOString(),
    });
    if (this.#beats.size >= this.#batchSize) this.#task.nudge();
  }

  /** @throws AppError (transient) when the broker did not take a batch; its beats are gone */
  async flush(): Promise<void> {
    const { events, clock, ids } = this.parts;
    const beats = [...this.#beats.values()];
    this.#beats.clear();
    for (let from = 0; from < beats.length; from += this.#batchSize) {
      const data = { beats: beats.slice(from, from + this.#batchSize) };
      const event = { id: ids.next(), time: clock.now(), subject: this.#processId, data };
      await events.publish(createEvent(HeartbeatsV1, event));
    }
  }
}
