import type { Mode, ReplicaType } from '@spotopt/contracts';
import { inOrder, type UsageFact } from './usage-fact.js';
import { RoleWalk } from './role-walk.js';
import type { UsageInterval } from './usage-interval.js';

/** One EC2 instance from the moment its id was known to its end. */
export interface MachineUsage {
  readonly ec2InstanceId: string;
  readonly clientId: string;
  readonly mode: Mode;
  readonly poolId: string;
  readonly startedAtMs: number;
  /** Null while it runs, as far as anybody knows: then it keeps costing. */
  readonly endedAtMs: number | null;
  /** In order, without overlap. */
  readonly intervals: readonly UsageInterval[];
}

/**
 * The life of a machine from everything that is known about it; the order of the facts does not matter, nor does
 * a fact that is there twice. Null when no fact says that it ran.
 */
export function machineUsageOf(ec2InstanceId: string, known: readonly UsageFact[]): MachineUsage | null {
  const facts = inOrder(known);
  const walk = new RoleWalk(replicaTypeOf(facts), facts);
  for (const fact of facts) walk.take(fact);
  const intervals = cutAt(walk.intervals(), endOf(facts));
  const [first] = intervals;
  const last = intervals.at(-1);
  const poolId = facts.findLast((fact) => fact.poolId !== null)?.poolId;
  if (first === undefined || last === undefined || poolId == null) return null;
  return {
    ec2InstanceId,
    clientId: last.clientId,
    mode: facts.findLast((fact) => fact.mode !== 'unknown')?.mode ?? 'unknown',
    poolId,
    startedAtMs: first.fromMs,
    endedAtMs: last.toMs,
    intervals,
  };
}

function replicaTypeOf(facts: readonly UsageFact[]): ReplicaType | null {
  const types = facts.flatMap(({ change }) => (change.kind === 'launched' ? [change.replicaType] : []));
  return types.at(-1) ?? null;
}

/** Two reports of one end: the earlier is right, because nothing runs after it. */
function endOf(facts: readonly UsageFact[]): number | null {
  return facts.find(({ change }) => change.kind === 'terminated')?.atMs ?? null;
}

function cutAt(intervals: readonly UsageInterval[], endMs: number | null): UsageInterval[] {
  if (endMs === null) return [...intervals];
  return intervals
    .filter(({ fromMs }) => fromMs < endMs)
    .map((interval) => ({ ...interval, toMs: Math.min(interval.toMs ?? endMs, endMs) }));
}
