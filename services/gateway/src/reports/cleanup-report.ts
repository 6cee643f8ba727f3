import type { BodyOf, CleanupReportRoute } from '@spotopt/contracts/http';

export interface Cleanup {
  readonly snapshots: number;
  readonly images: number;
  readonly failed: number;
}

function count(...lists: readonly (readonly unknown[] | null | undefined)[]): number {
  return lists.reduce((total, list) => total + (list?.length ?? 0), 0);
}

/** How much an agent removed. Removing an image removes its snapshots too. */
export function cleanupOf({ snapshots, amis }: BodyOf<typeof CleanupReportRoute>): Cleanup {
  return {
    snapshots: count(snapshots?.deleted, amis?.deleted_snapshots),
    images: count(amis?.deleted_amis ?? amis?.deleted),
    failed: count(snapshots?.failed, amis?.failed),
  };
}
