/** A price change, as a file of `describe-spot-price-history` or the store has it. */
export interface PriceChange {
  readonly poolId: string;
  readonly atMs: number;
  readonly usdPerHour: number;
}

export interface ComparisonScope {
  /** Pools in play; rows of others are left out on both sides. */
  readonly poolIds: ReadonlySet<string>;
  readonly fromMs: number;
  /** Inclusive. */
  readonly untilMs: number;
}

export interface Comparison {
  readonly holds: boolean;
  readonly fileRows: number;
  readonly storedRows: number;
  /** In the file, not in the store. */
  readonly lost: readonly PriceChange[];
  /** In the store more often than in the file, although the file has it. */
  readonly doubled: readonly PriceChange[];
  /** In the store, never in the file. */
  readonly invented: readonly PriceChange[];
}

/** Prices are compared to the last digit that the store keeps. */
const PRICE_DIGITS = 6;

/**
 * Whether the store has exactly the file's rows. A row that repeats an unchanged price, as AWS does about daily,
 * counts as a row. The change before `fromMs` that AWS adds to an answer lies outside and is left out.
 */
export function compareWithFile(
  fileRows: Iterable<PriceChange>,
  storedRows: Iterable<PriceChange>,
  scope: ComparisonScope,
): Comparison {
  const inFile = countRows(fileRows, scope);
  const inStore = countRows(storedRows, scope);
  const lost: PriceChange[] = [];
  const doubled: PriceChange[] = [];
  const invented: PriceChange[] = [];
  for (const [key, { row, count }] of inFile) {
    const stored = inStore.get(key)?.count ?? 0;
    for (let missing = stored; missing < count; missing += 1) lost.push(row);
    for (let extra = count; extra < stored; extra += 1) doubled.push(row);
  }
  for (const [key, { row }] of inStore) {
    if (!inFile.has(key)) invented.push(row);
  }
  return {
    holds: lost.length === 0 && doubled.length === 0 && invented.length === 0,
    fileRows: sumOf(inFile),
    storedRows: sumOf(inStore),
    lost,
    doubled,
    invented,
  };
}

type Counted = Map<string, { readonly row: PriceChange; readonly count: number }>;

function countRows(rows: Iterable<PriceChange>, scope: ComparisonScope): Counted {
  const counted: Counted = new Map();
  for (const row of rows) {
    const inScope = scope.poolIds.has(row.poolId) && row.atMs >= scope.fromMs && row.atMs <= scope.untilMs;
    if (!inScope) continue;
    const key = `${row.poolId} ${String(row.atMs)} ${row.usdPerHour.toFixed(PRICE_DIGITS)}`;
    counted.set(key, { row, count: (counted.get(key)?.count ?? 0) + 1 });
  }
  return counted;
}

function sumOf(counted: Counted): number {
  return [...counted.values()].reduce((sum, { count }) => sum + count, 0);
}
