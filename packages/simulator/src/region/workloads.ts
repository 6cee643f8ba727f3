import { AppError, type Clock } from '@spotopt/kernel';
import { stateAt, workloadOf, type Instance } from './instance.js';
import type { Instances } from './instances.js';
import type { Timeline } from './timeline.js';

export interface ServingInterval {
  readonly instanceId: string;
  readonly epoch: number;
  readonly fromMs: number;
  /** Undefined while it still serves. */
  toMs: number | undefined;
}

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface WorkloadReport {
  readonly workload: string;
  readonly serving: readonly { readonly instanceId: string; readonly epoch: number }[];
  readonly intervals: readonly ServingInterval[];
  /** Times after the first start in which nobody served; the last one may run until now. */
  readonly gaps: readonly Span[];
  readonly downtimeMs: number;
  /** The part of `downtimeMs` that is a gap which has not ended. */
  readonly openGapMs: number;
  readonly overlaps: readonly (Span & { readonly instanceIds: readonly string[] })[];
  readonly overlapMs: number;
}

interface WorkloadsOptions {
  readonly clock: Clock;
  readonly instances: Instances;
  readonly timeline: Timeline;
}

/**
 * Who served which workload when, as the workloads on the instances report it and as the end of an instance
 * cuts it off: the independent measure of downtime and of two machines serving at once.
 */
export class Workloads {
  readonly #intervals = new Map<string, ServingInterval[]>();

  constructor(private readonly options: WorkloadsOptions) {
    options.instances.onState((instance, state, atMs) => {
      if (state === 'shutting-down') this.#stop(instance, atMs, 'instance-ended');
    });
  }

  /** @throws AppError `instance-not-running` when the machine could not be serving. */
  report(instance: Instance, serving: boolean, epoch: number): void {
    const nowMs = this.options.clock.nowMs();
    const state = stateAt(instance, nowMs);
    if (state !== 'running') {
      throw AppError.permanent('instance-not-running', `instance ${instance.id} is ${state}`);
    }
    const current = this.#current(instance);
    if (!serving) {
      this.#stop(instance, nowMs, 'reported');
      return;
    }
    if (current?.epoch === epoch) return;
    if (current !== undefined) this.#stop(instance, nowMs, 'new-epoch');
    this.#of(workloadOf(instance)).push({ instanceId: instance.id, epoch, fromMs: nowMs, toMs: undefined });
    this.options.timeline.add(nowMs, 'workload.serving', workloadOf(instance), {
      instanceId: instance.id,
      epoch,
    });
  }

  servingOn(instance: Instance): { readonly epoch: number; readonly sinceMs: number } | undefined {
    const current = this.#current(instance);
    return current === undefined ? undefined : { epoch: current.epoch, sinceMs: current.fromMs };
  }

  reports(): WorkloadReport[] {
    const nowMs = this.options.clock.nowMs();
    return [...this.#intervals].map(([workload, intervals]) => reportOf(workload, intervals, nowMs));
  }

  #of(workload: string): ServingInterval[] {
    const known = this.#intervals.get(workload);
    if (known !== undefined) return known;
    const intervals: ServingInterval[] = [];
    this.#intervals.set(workload, intervals);
    return intervals;
  }

  #current(instance: Instance): ServingInterval | undefined {
    return this.#intervals
      .get(workloadOf(instance))
      ?.find((interval) => interval.instanceId === instance.id && interval.toMs === undefined);
  }

  #stop(instance: Instance, atMs: number, reason: string): void {
    const current = this.#current(instance);
    if (current === undefined) return;
    current.toMs = atMs;
    const detail = { instanceId: instance.id, epoch: current.epoch, reason };
    this.options.timeline.add(atMs, 'workload.stopped', workloadOf(instance), detail);
  }
}

/** Cuts the time line at every start and end and looks at who served in each piece. */
export function reportOf(
  workload: string,
  intervals: readonly ServingInterval[],
  nowMs: number,
): WorkloadReport {
  const ends = intervals.map((interval) => ({ ...interval, toMs: interval.toMs ?? nowMs }));
  const cuts = [...new Set([...ends.flatMap((interval) => [interval.fromMs, interval.toMs]), nowMs])].sort(
    (a, b) => a - b,
  );
  const gaps: Span[] = [];
  const overlaps: (Span & { instanceIds: string[] })[] = [];
  cuts.slice(0, -1).forEach((fromMs, index) => {
    const toMs = cuts[index + 1] ?? fromMs;
    const instanceIds = ends
      .filter(
        (interval) => interval.fromMs <= fromMs && interval.toMs >= toMs && interval.toMs > interval.fromMs,
      )
      .map((interval) => interval.instanceId);
    if (instanceIds.length === 0) gaps.push({ fromMs, toMs });
    if (instanceIds.length > 1) overlaps.push({ fromMs, toMs, instanceIds });
  });
  const isOpen = intervals.length > 0 && intervals.every((interval) => interval.toMs !== undefined);
  const lastEndMs = Math.max(...ends.map((interval) => interval.toMs));
  return {
    workload,
    serving: intervals
      .filter((interval) => interval.toMs === undefined)
      .map(({ instanceId, epoch }) => ({ instanceId, epoch })),
    intervals,
    gaps,
    downtimeMs: lengthOf(gaps),
    openGapMs: isOpen ? nowMs - lastEndMs : 0,
    overlaps,
    overlapMs: lengthOf(overlaps),
  };
}

function lengthOf(spans: readonly Span[]): number {
  return spans.reduce((sum, span) => sum + span.toMs - span.fromMs, 0);
}
