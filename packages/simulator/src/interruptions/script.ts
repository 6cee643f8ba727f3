import { readFile } from 'node:fs/promises';
import { AppError } from '@spotopt/kernel';
import { z } from 'zod';
import type { Instance } from '../region/instance.js';
import type { SimulatedRegion } from '../region/simulated-region.js';

const scriptEvent = z.object({
  /** Seconds of simulated time after the start of the region. */
  afterSeconds: z.number().nonnegative(),
  action: z.enum(['interrupt', 'rebalance', 'crash', 'maintenance', 'capacity', 'reclaim']),
  /** Whom it meets: one pool, one instance, or the instance that serves a workload then. */
  pool: z.string().optional(),
  instance: z.string().optional(),
  workload: z.string().optional(),
  available: z.union([z.int().nonnegative(), z.literal('unlimited')]).optional(),
  noticeSeconds: z.number().nonnegative().optional(),
  rebalanceFirst: z.boolean().optional(),
});

export type ScriptEvent = z.infer<typeof scriptEvent>;

export interface ScriptSource {
  readonly kind: 'script';
  readonly events: readonly ScriptEvent[];
}

const scriptFile = z.union([z.array(scriptEvent), z.object({ events: z.array(scriptEvent) })]);

/** @throws AppError `invalid-script-file` */
export async function loadScript(path: string): Promise<ScriptSource> {
  try {
    const content = scriptFile.parse(JSON.parse(await readFile(path, 'utf8')));
    return { kind: 'script', events: Array.isArray(content) ? content : content.events };
  } catch (error) {
    const problem = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw AppError.permanent('invalid-script-file', `${path}: ${problem}`, { cause: error });
  }
}

function instancesFor(region: SimulatedRegion, event: ScriptEvent): Instance[] {
  return region.instances
    .alive()
    .filter(
      (instance) =>
        (event.pool === undefined || instance.poolId === event.pool) &&
        (event.instance === undefined || instance.id === event.instance) &&
        (event.workload === undefined || isServing(region, instance, event.workload)),
    );
}

function isServing(region: SimulatedRegion, instance: Instance, workload: string): boolean {
  const report = region.workloads.reports().find((candidate) => candidate.workload === workload);
  return report?.serving.some(({ instanceId }) => instanceId === instance.id) ?? false;
}

function playOnInstance(
  region: SimulatedRegion,
  event: ScriptEvent,
  meeting: { instance: Instance; atMs: number },
): void {
  const { instance, atMs } = meeting;
  if (event.action === 'rebalance') region.notices.recommendRebalance(instance, atMs);
  else if (event.action === 'crash') region.instances.end(instance, 'crash', atMs);
  else if (event.action === 'maintenance') region.notices.scheduleMaintenance(instance);
  else if (instance.market === 'spot') region.notices.interrupt(instance, noticeOf(event), atMs);
}

function noticeOf(event: ScriptEvent): { rebalanceFirst: boolean; noticeMs?: number } {
  const notice = event.noticeSeconds === undefined ? {} : { noticeMs: event.noticeSeconds * 1000 };
  return { rebalanceFirst: event.rebalanceFirst ?? false, ...notice };
}

function play(region: SimulatedRegion, event: ScriptEvent, atMs: number): void {
  if (event.pool !== undefined && event.action === 'capacity') {
    region.setCapacity(event.pool, event.available ?? 0);
  } else if (event.pool !== undefined && event.action === 'reclaim') {
    region.reclaimPool(event.pool, noticeOf(event), atMs);
  } else {
    for (const instance of instancesFor(region, event)) playOnInstance(region, event, { instance, atMs });
  }
}

/** Plays a list of timed events. */
export function startScript(region: SimulatedRegion, source: ScriptSource): void {
  const startMs = region.clock.nowMs();
  for (const event of source.events) {
    region.schedule.at(startMs + event.afterSeconds * 1000, (atMs) => play(region, event, atMs));
  }
}
