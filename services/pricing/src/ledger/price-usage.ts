import type { Mode } from '@spotopt/contracts';
import type { OnDemandPrice } from '../pools/ports.js';
import { BUCKET_MS, bucketOf, type SeriesBucket } from '../series/ports.js';
import { Accrual, type MicroUsd } from './money.js';
import type { Purpose } from './usage-interval.js';

/** What is known about the prices of a pool in one stretch of time. */
export interface PoolPrices {
  /** Consolidated prices by the start of their bucket, in milliseconds. */
  readonly buckets: ReadonlyMap<number, SeriesBucket>;
  /** The last one before the stretch; null when there is none. */
  readonly before: SeriesBucket | null;
  readonly onDemand: OnDemandPrice | null;
}

/** A machine in one role, without beginning or end outside of one day. */
export interface Usage {
  readonly agentId: string;
  readonly clientId: string;
  readonly instanceId: string;
  readonly ec2InstanceId: string;
  readonly mode: Mode;
  readonly poolId: string;
  readonly purpose: Purpose;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface PricedLine extends Usage {
  readonly costMicroUsd: MicroUsd;
  /** The counterfactual; zero for everything but the primary. */
  readonly onDemandMicroUsd: MicroUsd;
  /** The same, also where the spot price is missing or carried on; null when no dependable price is known. */
  readonly counterfactualMicroUsd: MicroUsd | null;
  readonly filledMs: number;
  readonly carriedMs: number;
  readonly unpricedMs: number;
  readonly estimated: boolean;
}

type Basis = 'measured' | 'filled' | 'carried' | 'none';

interface Piece {
  readonly fromMs: number;
  readonly toMs: number;
  readonly basis: Basis;
  /** 0 when there is none. */
  readonly usdPerHour: number;
}

/**
 * Prices a machine's running time. A new line starts where the standing of the price changes, so that every line
 * counts in one place as a whole: as measured, as estimated, or as unpriced.
 *
 * Spot: every five-minute price holds for its five minutes; a stretch without any carries the last price on and is
 * an estimate. On-demand: the hourly price. A primary counts only while both its cost and its counterfactual
 * (CT-112) are known. A machine of unknown mode is taken for a spot one, and its cost for an estimate.
 */
export function priceUsage(usage: Usage, prices: PoolPrices): PricedLine[] {
  const pieces = usage.mode === 'ondemand' ? [onDemandPiece(usage, prices)] : spotPieces(usage, prices);
  const lines: PricedLine[] = [];
  let group: Piece[] = [];
  for (const piece of pieces) {
    const [first] = group;
    if (first !== undefined && standingOf(first, usage, prices) !== standingOf(piece, usage, prices)) {
      lines.push(lineOf(group, usage, prices));
      group = [];
    }
    group.push(piece);
  }
  return group.length === 0 ? lines : [...lines, lineOf(group, usage, prices)];
}

function onDemandPiece({ fromMs, toMs }: Usage, { onDemand }: PoolPrices): Piece {
  return {
    fromMs,
    toMs,
    basis: onDemand === null ? 'none' : 'measured',
    usdPerHour: onDemand?.usdPerHour ?? 0,
  };
}

function spotPieces({ fromMs, toMs }: Usage, { buckets, before }: PoolPrices): Piece[] {
  const pieces: Piece[] = [];
  let last = latestBefore(bucketOf(fromMs), buckets) ?? before;
  for (let atMs = fromMs; atMs < toMs;) {
    const endMs = Math.min(bucketOf(atMs) + BUCKET_MS, toMs);
    const bucket = buckets.get(bucketOf(atMs));
    last = bucket ?? last;
    pieces.push({
      fromMs: atMs,
      toMs: endMs,
      basis: basisOf(bucket, last),
      usdPerHour: last?.usdPerHour ?? 0,
    });
    atMs = endMs;
  }
  return pieces;
}

function latestBefore(atMs: number, buckets: ReadonlyMap<number, SeriesBucket>): SeriesBucket | null {
  let latest: SeriesBucket | null = null;
  for (const [bucketAtMs, bucket] of buckets) {
    if (bucketAtMs < atMs && bucketAtMs > (latest?.bucketAt.getTime() ?? -Infinity)) latest = bucket;
  }
  return latest;
}

function basisOf(bucket: SeriesBucket | undefined, last: SeriesBucket | null): Basis {
  if (bucket !== undefined) return bucket.source === 'interpolated' ? 'filled' : 'measured';
  return last === null ? 'none' : 'carried';
}

function standingOf(
  piece: Piece,
  usage: Usage,
  { onDemand }: PoolPrices,
): 'counted' | 'estimated' | 'unpriced' {
  const usesOnDemand = usage.purpose === 'primary' || usage.mode === 'ondemand';
  if (piece.basis === 'none' || (usesOnDemand && onDemand === null)) return 'unpriced';
  const isGuess = usage.mode === 'unknown' || piece.basis === 'carried';
  return isGuess || (usesOnDemand && onDemand?.source === 'estimated') ? 'estimated' : 'counted';
}

function lineOf(pieces: readonly Piece[], usage: Usage, prices: PoolPrices): PricedLine {
  const [first] = pieces;
  const fromMs = first?.fromMs ?? usage.fromMs;
  const toMs = pieces.at(-1)?.toMs ?? usage.toMs;
  const standing = first === undefined ? 'unpriced' : standingOf(first, usage, prices);
  const counterfactual = counterfactualOf(usage, prices, toMs - fromMs);
  return {
    ...usage,
    fromMs,
    toMs,
    ...(standing === 'unpriced' ? unpriced(toMs - fromMs) : priced(pieces, counterfactual)),
    counterfactualMicroUsd: isDependable(usage, prices) ? counterfactual : null,
    estimated: standing === 'estimated',
  };
}

type Money = Pick<PricedLine, 'costMicroUsd' | 'onDemandMicroUsd' | 'filledMs' | 'carriedMs' | 'unpricedMs'>;

function unpriced(durationMs: number): Money {
  return { costMicroUsd: 0, onDemandMicroUsd: 0, filledMs: 0, carriedMs: 0, unpricedMs: durationMs };
}

function priced(pieces: readonly Piece[], onDemandMicroUsd: MicroUsd): Money {
  const durationOf = (basis: Basis): number =>
    pieces.reduce((sum, piece) => sum + (piece.basis === basis ? piece.toMs - piece.fromMs : 0), 0);
  return {
    costMicroUsd: costOf(pieces),
    onDemandMicroUsd,
    filledMs: durationOf('filled'),
    carriedMs: durationOf('carried'),
    unpricedMs: 0,
  };
}

function isDependable({ purpose }: Usage, { onDemand }: PoolPrices): boolean {
  return purpose !== 'primary' || (onDemand !== null && onDemand.source !== 'estimated');
}

/** One on-demand machine of the primary's type for the primary's hours; nothing for any other machine. */
function counterfactualOf({ purpose }: Usage, { onDemand }: PoolPrices, durationMs: number): MicroUsd {
  if (purpose !== 'primary' || onDemand === null) return 0;
  const accrual = new Accrual();
  accrual.add(onDemand.usdPerHour, durationMs);
  return accrual.total();
}

function costOf(pieces: readonly Piece[]): MicroUsd {
  const accrual = new Accrual();
  for (const piece of pieces) accrual.add(piece.usdPerHour, piece.toMs - piece.fromMs);
  return accrual.total();
}
