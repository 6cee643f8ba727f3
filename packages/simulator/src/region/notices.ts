import type { Clock, Ids } from '@spotopt/kernel';
import type { PriceBook } from '../prices/price-book.js';
import { stateAt, type EndCause, type Instance, type MaintenanceEvent } from './instance.js';
import type { Instances } from './instances.js';
import {
  interruptionWarning,
  rebalanceRecommendation,
  scheduledChange,
  spotFulfilment,
  stateChange,
  type EventOrigin,
} from './notice-events.js';
import type { Schedule } from './schedule.js';
import type { Timeline } from './timeline.js';
import { hexId } from './zones.js';

export interface InterruptOptions {
  /** Sends a rebalance recommendation first, `rebalanceLeadMs` before the notice. @default false */
  readonly rebalanceFirst?: boolean;
  /** 0 sends both together. @default 20 000, as AWS's fault injection service does */
  readonly rebalanceLeadMs?: number;
  /** From the notice to the termination. @default 120 000 */
  readonly noticeMs?: number;
  /** @default no-capacity */
  readonly cause?: EndCause;
}

export interface MaintenanceOptions {
  readonly code?: string;
  readonly notBeforeMs?: number;
  readonly description?: string;
}

interface NoticesOptions {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly schedule: Schedule;
  readonly timeline: Timeline;
  readonly instances: Instances;
  readonly priceBook: PriceBook;
  readonly origin: EventOrigin;
  /** Hands an event to the event bus, which puts it on the notice queues. */
  readonly publish: (eventJson: string) => void;
}

const NOTICE_MS = 120_000;
const REBALANCE_LEAD_MS = 20_000;
const DAY_MS = 86_400_000;

/** Tells instances and the event bus that AWS takes a machine back, and takes it back at the deadline. */
export class Notices {
  constructor(private readonly options: NoticesOptions) {
    options.instances.onState((instance, state, atMs) => {
      options.publish(stateChange(options.origin, instance, state, atMs));
      if (state !== 'pending' || instance.market !== 'spot') return;
      options.publish(spotFulfilment(options.origin, instance, atMs));
      this.#watchPrice(instance, atMs);
    });
  }

  /** Takes an instance back; one that ends or has its notice already is left as it is. */
  interrupt(instance: Instance, options: InterruptOptions = {}, atMs = this.options.clock.nowMs()): void {
    if (options.rebalanceFirst === true) {
      this.recommendRebalance(instance, atMs);
      const leadMs = options.rebalanceLeadMs ?? REBALANCE_LEAD_MS;
      this.options.schedule.at(atMs + leadMs, (noticedAtMs) => this.#warn(instance, options, noticedAtMs));
    } else {
      this.#warn(instance, options, atMs);
    }
    this.options.schedule.runDue();
  }

  recommendRebalance(instance: Instance, atMs = this.options.clock.nowMs()): void {
    if (!this.#isAlive(instance, atMs)) return;
    instance.rebalanceNoticedAtMs ??= atMs;
    this.options.timeline.add(atMs, 'notice.rebalance', instance.id, { pool: instance.poolId });
    this.options.publish(rebalanceRecommendation(this.options.origin, instance, atMs));
  }

  scheduleMaintenance(instance: Instance, options: MaintenanceOptions = {}): MaintenanceEvent {
    const nowMs = this.options.clock.nowMs();
    const notBeforeMs = options.notBeforeMs ?? nowMs + 14 * DAY_MS;
    const event: MaintenanceEvent = {
      eventId: hexId('instance-event', this.options.ids.next()),
      code: options.code ?? 'system-reboot',
      description: options.description ?? 'The instance is scheduled for a reboot',
      notBeforeMs,
      notAfterMs: notBeforeMs + 2 * 3_600_000,
    };
    instance.maintenance.push(event);
    this.options.timeline.add(nowMs, 'notice.maintenance', instance.id, { code: event.code });
    this.options.publish(scheduledChange(this.options.origin, instance, event, nowMs));
    return event;
  }

  /** The machine is gone without any notice, as when its host fails. */
  crash(instance: Instance): void {
    this.options.instances.end(instance, 'crash', this.options.clock.nowMs());
  }

  #isAlive(instance: Instance, atMs: number): boolean {
    const state = stateAt(instance, atMs);
    return state === 'running' || state === 'pending';
  }

  #warn(instance: Instance, options: InterruptOptions, atMs: number): void {
    if (!this.#isAlive(instance, atMs) || instance.interruption !== undefined) return;
    const cause = options.cause ?? 'no-capacity';
    const deadlineAtMs = atMs + (options.noticeMs ?? NOTICE_MS);
    instance.interruption = { action: 'terminate', cause, noticedAtMs: atMs, deadlineAtMs };
    this.options.timeline.add(atMs, 'notice.interruption', instance.id, {
      pool: instance.poolId,
      deadlineAtMs,
      cause,
    });
    this.options.publish(interruptionWarning(this.options.origin, instance, atMs));
    this.options.schedule.at(deadlineAtMs, (endedAtMs) =>
      this.options.instances.end(instance, cause, endedAtMs),
    );
  }

  /** Nobody pays more than the on-demand price or its own maximum: above that, the instance is interrupted. */
  #watchPrice(instance: Instance, fromMs: number): void {
    const { priceBook, schedule } = this.options;
    const limitUsd = instance.maxPriceUsd ?? priceBook.onDemand(instance.instanceType)?.usdPerHour;
    if (limitUsd === undefined || instance.shuttingDownAtMs !== undefined) return;
    const aboveAtMs = priceBook.firstAbove(instance.poolId, limitUsd, fromMs);
    if (aboveAtMs === undefined) schedule.at(fromMs + DAY_MS, (atMs) => this.#watchPrice(instance, atMs));
    else schedule.at(aboveAtMs, (atMs) => this.#warn(instance, { cause: 'by-price' }, atMs));
  }
}
