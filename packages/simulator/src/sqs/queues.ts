import type { Clock, Ids } from '@spotopt/kernel';
import { awsError } from '../aws/aws-error.js';
import type { Faults } from '../faults/faults.js';
import { Queue, type QueueSettings } from './queue.js';

export interface QueuesOptions {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: () => number;
  readonly faults: Faults;
}

/** AWS's defaults. */
export const DEFAULT_QUEUE_SETTINGS: QueueSettings = {
  visibilityTimeoutMs: 30_000,
  retentionMs: 4 * 86_400_000,
  receiveWaitMs: 0,
};

/** The SQS queues of the account; the event bus delivers notices to those marked as its targets. */
export class Queues {
  readonly #byName = new Map<string, Queue>();
  readonly #targets = new Set<string>();

  constructor(private readonly options: QueuesOptions) {}

  create(name: string, settings: Partial<QueueSettings> = {}): Queue {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const queue = new Queue(name, { ...DEFAULT_QUEUE_SETTINGS, ...settings }, this.options);
    this.#byName.set(name, queue);
    return queue;
  }

  get(name: string): Queue {
    const queue = this.#byName.get(name);
    if (queue === undefined) {
      throw awsError('QueueDoesNotExist', 'The specified queue does not exist.');
    }
    return queue;
  }

  all(): Queue[] {
    return [...this.#byName.values()];
  }

  delete(name: string): void {
    this.#byName.delete(name);
  }

  addTarget(name: string): void {
    this.#targets.add(name);
  }

  publish(eventJson: string): void {
    for (const name of this.#targets) this.#byName.get(name)?.send(eventJson);
  }
}
