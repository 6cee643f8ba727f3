import type { SwitchView } from '@spotopt/contracts';

/** Seconds that users waited for the switches that measured it, ascending. */
export function downtimeSeconds(switches: readonly SwitchView[]): readonly number[] {
  return switches
    .flatMap(({ status, downtimeMs }) =>
      status === 'finished' && downtimeMs !== null ? [downtimeMs / 1_000] : [],
    )
    .sort((a, b) => a - b);
}

export function medianDowntimeSeconds(switches: readonly SwitchView[]): number | null {
  return median(downtimeSeconds(switches));
}

/** Of ascending numbers. */
export function median(ascending: readonly number[]): number | null {
  const middle = Math.floor(ascending.length / 2);
  const upper = ascending[middle];
  if (upper === undefined) return null;
  const lower = ascending[middle - 1];
  return ascending.length % 2 === 1 || lower === undefined ? upper : (lower + upper) / 2;
}
