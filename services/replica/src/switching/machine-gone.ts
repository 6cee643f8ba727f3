import type { Instance } from '../fleet/index.js';

/** After the announced moment, for clocks that differ and a shutdown that drags on. */
const RECLAIM_GRACE_MS = 60_000;

/** The last sign of life that is known of a machine. */
export function lastHeardMs(machine: Instance): number {
  const signs = [machine.lastHeartbeatAt, machine.promotedAt, machine.createdAt];
  return Math.max(...signs.map((at) => at?.getTime() ?? 0));
}

/**
 * Whether a machine is gone for good: AWS announced that it takes the machine back, that moment has passed, and
 * the machine has been silent since. Silence alone proves nothing: it may serve behind a broken network.
 */
export function isGoneForGood(
  machine: Instance,
  reclaimAt: Date | null,
  at: { readonly nowMs: number; readonly silentAfterMs: number },
): boolean {
  if (reclaimAt === null || at.nowMs < reclaimAt.getTime() + RECLAIM_GRACE_MS) return false;
  return at.nowMs - lastHeardMs(machine) > at.silentAfterMs;
}
