import type { Tx } from '@spotopt/kernel';
import { InstanceHours } from './ports.js';

const HOUR_MS = 3_600_000;

/** One machine per pool that has run without a pause since a moment. */
export class SteadyHours extends InstanceHours {
  constructor(private readonly runningSince: Readonly<Record<string, Date>>) {
    super();
  }

  override async perPool(
    _tx: Tx,
    poolIds: readonly string[],
    from: Date,
    to: Date,
  ): Promise<Map<string, number>> {
    const hours = new Map<string, number>();
    for (const poolId of poolIds) {
      const since = this.runningSince[poolId];
      if (since === undefined || since >= to) continue;
      hours.set(poolId, (to.getTime() - Math.max(from.getTime(), since.getTime())) / HOUR_MS);
    }
    return hours;
  }
}
