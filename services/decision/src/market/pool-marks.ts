/** Something that speaks against a pool: it took a machine back, would not give one, or is about to take one. */
export interface PoolMark {
  readonly poolId: string;
  readonly kind: 'interruption' | 'launch-failed' | 'rebalance';
  readonly at: Date;
}

/** First hold after a mark; doubled for every further one within a day. */
const FIRST_HOLD_MS = 30 * 60_000;
const LONGEST_HOLD_MS = 12 * 3_600_000;
const DAY_MS = 24 * 3_600_000;
const HOUR_MS = 3_600_000;
/** What AWS recommends to leave is rarely taken back later than this, or not at all. */
const NOTICE_MS = 30 * 60_000;

export interface MarkFeatures {
  readonly interruptions: number;
  /** Hours since the last mark, or since `firstSeenAt`; null when neither is known. */
  readonly quietHours: number | null;
  readonly blockedUntil: Date | null;
  /** A notice or a recommendation came so lately that others may follow. */
  readonly underNotice: boolean;
}

/** @param marks those of one pool within the last 30 days, in any order */
export function markFeaturesOf(
  marks: readonly PoolMark[],
  firstSeenAt: Date | null,
  now: Date,
): MarkFeatures {
  const failures = marks.filter((mark) => mark.kind !== 'rebalance');
  const times = failures.map((mark) => mark.at.getTime()).sort((a, b) => a - b);
  const last = times.at(-1);
  const quietSince = last ?? firstSeenAt?.getTime();
  return {
    interruptions: marks.filter((mark) => mark.kind === 'interruption').length,
    quietHours: quietSince === undefined ? null : Math.max(0, now.getTime() - quietSince) / HOUR_MS,
    blockedUntil: last === undefined ? null : holdAfter(times, last),
    underNotice: marks.some(
      ({ kind, at }) => kind !== 'launch-failed' && now.getTime() - at.getTime() < NOTICE_MS,
    ),
  };
}

function holdAfter(times: readonly number[], last: number): Date {
  const inADay = times.filter((at) => at > last - DAY_MS).length;
  return new Date(last + Math.min(LONGEST_HOLD_MS, FIRST_HOLD_MS * 2 ** (inADay - 1)));
}
