import type { Clock, Ids } from '@spotopt/kernel';
import { stateAt, type EndCause, type Instance, type InstanceState, type LaunchSpec } from './instance.js';
import type { Schedule } from './schedule.js';
import type { Timeline } from './timeline.js';
import { hexId, poolIdOf } from './zones.js';

export interface BootTimes {
  readonly minMs: number;
  readonly maxMs: number;
}

export interface InstancesOptions {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: () => number;
  readonly schedule: Schedule;
  readonly timeline: Timeline;
  readonly bootTimes: BootTimes;
  readonly bootTimesByPool: Readonly<Record<string, BootTimes>>;
  /** From running to both status checks passed. */
  readonly statusCheckMs: number;
  readonly shutdownMs: number;
}

export type StateListener = (instance: Instance, state: InstanceState, atMs: number) => void;

/** AWS shows a terminated instance for about an hour. */
const TERMINATED_VISIBLE_MS = 3_600_000;

/** All instances of the region and their way from pending to terminated, on the clock. */
export class Instances {
  readonly #byId = new Map<string, Instance>();
  readonly #listeners = new Set<StateListener>();
  #launched = 0;

  constructor(private readonly options: InstancesOptions) {}

  /** Listeners run at the time of the change, in the order in which they were added. */
  onState(listener: StateListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  launch(spec: LaunchSpec, reservationId: string): Instance {
    const { clock, ids, schedule } = this.options;
    const nowMs = clock.nowMs();
    const poolId = poolIdOf(spec.instanceType, spec.zone);
    const runningAtMs = nowMs + this.#bootMs(poolId);
    this.#launched += 1;
    const instance: Instance = {
      ...spec,
      id: hexId('i', ids.next()),
      poolId,
      reservationId,
      spotRequestId: spec.market === 'spot' ? hexId('sir', ids.next()).slice(0, 12) : undefined,
      privateIp: `10.0.${(this.#launched >> 8) & 255}.${this.#launched & 255}`,
      launchedAtMs: nowMs,
      runningAtMs,
      statusOkAtMs: runningAtMs + this.options.statusCheckMs,
      tags: new Map(spec.tags),
      maintenance: [],
      publicIp: undefined,
      rebalanceNoticedAtMs: undefined,
      interruption: undefined,
      shuttingDownAtMs: undefined,
      terminatedAtMs: undefined,
      endCause: undefined,
    };
    this.#byId.set(instance.id, instance);
    this.#announce(instance, 'pending', nowMs);
    schedule.at(runningAtMs, (atMs) => {
      if (stateAt(instance, atMs) === 'running') this.#announce(instance, 'running', atMs);
    });
    return instance;
  }

  /** Takes over an instance of an earlier run; its running is announced again to whoever listens by then. */
  restore(instance: Instance): void {
    const { clock, schedule } = this.options;
    this.#launched += 1;
    this.#byId.set(instance.id, instance);
    schedule.at(Math.max(instance.runningAtMs, clock.nowMs()), (atMs) => {
      if (stateAt(instance, atMs) === 'running') this.#announce(instance, 'running', atMs);
    });
  }

  /** Ends an instance; one that is ending already is left as it is. */
  end(instance: Instance, cause: EndCause, atMs: number): void {
    if (instance.shuttingDownAtMs !== undefined) return;
    instance.shuttingDownAtMs = atMs;
    instance.terminatedAtMs = atMs + this.options.shutdownMs;
    instance.endCause = cause;
    this.#announce(instance, 'shutting-down', atMs);
    this.options.schedule.at(instance.terminatedAtMs, (endedAtMs) => {
      this.#announce(instance, 'terminated', endedAtMs);
    });
  }

  get(id: string): Instance | undefined {
    return this.#byId.get(id);
  }

  all(): Instance[] {
    return [...this.#byId.values()];
  }

  /** What the API still shows: everything but instances that terminated long ago. */
  visible(): Instance[] {
    const nowMs = this.options.clock.nowMs();
    return this.all().filter(
      (instance) => (instance.terminatedAtMs ?? nowMs) > nowMs - TERMINATED_VISIBLE_MS,
    );
  }

  /** Present instances of a pool that are not ending. */
  alive(poolId?: string): Instance[] {
    return this.all().filter(
      (instance) =>
        instance.shuttingDownAtMs === undefined && (poolId === undefined || instance.poolId === poolId),
    );
  }

  #bootMs(poolId: string): number {
    const { minMs, maxMs } = this.options.bootTimesByPool[poolId] ?? this.options.bootTimes;
    return Math.round(minMs + (maxMs - minMs) * this.options.random());
  }

  #announce(instance: Instance, state: InstanceState, atMs: number): void {
    const detail = { pool: instance.poolId, market: instance.market, cause: instance.endCause };
    this.options.timeline.add(atMs, `instance.${state}`, instance.id, detail);
    for (const listener of this.#listeners) listener(instance, state, atMs);
  }
}
