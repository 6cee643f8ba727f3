import type { ReplayRules } from './scenario.js';

/** Everything that is counted while a policy plays. */
export interface Tally {
  costUsd: number;
  replicaCostUsd: number;
  downtimeSeconds: number;
  /** Changes of primary after the first step, forced ones included. */
  switches: number;
  voluntary: number;
  forced: number;
  cold: number;
  /** That hit the primary. */
  interruptions: number;
  /** Of those: a ready replica took over in the same step. */
  survived: number;
  replicaLosses: number;
  launchesFailed: number;
}

export interface Figures extends Readonly<Tally> {
  readonly hours: number;
  /** Of the cost of staying on demand. */
  readonly costRatio: number;
  readonly availability: number;
  /** Cost and downtime in one number, in hours on demand per hour; lower is better. */
  readonly score: number;
}

export function emptyTally(): Tally {
  return {
    costUsd: 0,
    replicaCostUsd: 0,
    downtimeSeconds: 0,
    switches: 0,
    voluntary: 0,
    forced: 0,
    cold: 0,
    interruptions: 0,
    survived: 0,
    replicaLosses: 0,
    launchesFailed: 0,
  };
}

export function figuresOf(
  tally: Readonly<Tally>,
  span: { readonly hours: number; readonly onDemandUsdPerHour: number },
  { downtimeWeight }: Pick<ReplayRules, 'downtimeWeight'>,
): Figures {
  const { hours, onDemandUsdPerHour } = span;
  const costRatio = tally.costUsd / (onDemandUsdPerHour * hours);
  const availability = 1 - tally.downtimeSeconds / (hours * 3600);
  return { ...tally, hours, costRatio, availability, score: costRatio + downtimeWeight * (1 - availability) };
}
