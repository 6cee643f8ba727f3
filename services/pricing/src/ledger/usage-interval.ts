import type { LedgerLine, Role } from '@spotopt/contracts';

/** What a machine is for, and so which figure its cost belongs to. */
export type Purpose = LedgerLine['purpose'];

/** A stretch of a machine's life in one role. */
export interface UsageInterval {
  readonly agentId: string;
  readonly clientId: string;
  readonly instanceId: string;
  readonly role: Exclude<Role, 'TERMINATED'>;
  readonly purpose: Purpose;
  readonly fromMs: number;
  /** Null while it lasts. */
  readonly toMs: number | null;
}

/** First moment about which the two lives differ; null when they are the same. */
export function firstDifferenceMs(
  before: readonly UsageInterval[],
  after: readonly UsageInterval[],
): number | null {
  const length = Math.max(before.length, after.length);
  for (let index = 0; index < length; index += 1) {
    const difference = differenceOf(before[index], after[index]);
    if (difference !== null) return difference;
  }
  return null;
}

function differenceOf(before: UsageInterval | undefined, after: UsageInterval | undefined): number | null {
  if (before === undefined || after === undefined) return before?.fromMs ?? after?.fromMs ?? null;
  if (!beginsAlike(before, after)) return Math.min(before.fromMs, after.fromMs);
  if (before.toMs === after.toMs) return null;
  return Math.min(before.toMs ?? Infinity, after.toMs ?? Infinity);
}

function beginsAlike(a: UsageInterval, b: UsageInterval): boolean {
  return a.fromMs === b.fromMs && a.agentId === b.agentId && a.role === b.role && a.purpose === b.purpose;
}
