type Place = { readonly mode: string; readonly poolId: string } | null;

/** On-demand machines are alike in every zone, and cost the same; a spot machine is where its pool is. */
export function isSamePlace(a: Place, b: Place): boolean {
  if (a === null || b === null) return a === b;
  return a.mode === b.mode && (a.mode === 'ondemand' || a.poolId === b.poolId);
}
