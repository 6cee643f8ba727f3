import type { Notice, NoticeQueue } from '@spotopt/cloud';
import { assertNever } from '@spotopt/kernel';
import type { HandleSignal, Signal } from '../incident/index.js';

export interface NoticeReporter {
  malformed(reason: string): void;
}

/**
 * Takes one batch from the cloud's queue: stores each signal first, deletes the message afterwards. A message
 * that is not ours, not understood or of an unknown machine is deleted at once, so that it delays nobody.
 */
export class TakeNotices {
  constructor(
    private readonly queue: NoticeQueue,
    private readonly handle: Pick<HandleSignal, 'execute'>,
    private readonly reporter: NoticeReporter,
  ) {}

  /** @returns how many messages were taken */
  async execute(signal: AbortSignal): Promise<number> {
    const received = await this.queue.receive({ signal });
    const failures: unknown[] = [];
    for (const { notice, receipt } of received) {
      // One that cannot be stored now comes back later, and holds up no other notice.
      await this.#take(notice, receipt).catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
    return received.length;
  }

  async #take(notice: Notice, receipt: string): Promise<void> {
    for (const sign of signalsOf(notice)) await this.handle.execute(sign, null);
    if (notice.kind === 'malformed') this.reporter.malformed(notice.reason);
    await this.queue.delete(receipt);
  }
}

export function signalsOf(notice: Notice): Signal[] {
  switch (notice.kind) {
    case 'interruption-warning':
    case 'capacity-reservation-interruption':
      return [signal(notice.ec2InstanceId, 'termination-notice', notice.emittedAt)];
    case 'rebalance-recommendation':
      return [signal(notice.ec2InstanceId, 'rebalance-recommendation', notice.emittedAt)];
    case 'scheduled-change':
      return notice.ec2InstanceIds.map((ec2InstanceId) => ({
        ...signal(ec2InstanceId, 'scheduled-maintenance', notice.emittedAt),
        deadlineAt: notice.startsAt,
      }));
    case 'state-change':
    case 'spot-fulfilled':
    case 'ignored':
    case 'malformed':
      return [];
    default:
      return assertNever(notice);
  }
}

function signal(ec2InstanceId: string, kind: Signal['kind'], detectedAt: Date): Signal {
  return { ec2InstanceId, kind, source: 'eventbridge', detectedAt, deadlineAt: null };
}
