import type { CanonicalRow } from '@spotopt/contracts';

/** What is known of a pool in five minutes, at the end of them, and what came after. */
export interface TrainingRow {
  readonly poolId: string;
  readonly instanceType: string;
  readonly region: string;
  readonly az: string;
  readonly bucketAt: Date;
  readonly usdPerHour: number;
  readonly onDemandUsdPerHour: number | null;
  readonly source: CanonicalRow['source'];
  readonly confidence: number;
  readonly volatility24h: number | null;
  readonly rising: boolean | null;
  readonly runningInstances: number;
  readonly noticeStatus: CanonicalRow['noticeStatus'];
  readonly interruptions1h: number | null;
  readonly interruptions24h: number | null;
  readonly interruptions30d: number | null;
  readonly refusals24h: number | null;
  readonly hoursSinceMark: number | null;
  readonly interruptedWithin15m: boolean | null;
  readonly interruptedWithin1h: boolean | null;
  readonly interruptedWithin6h: boolean | null;
}
