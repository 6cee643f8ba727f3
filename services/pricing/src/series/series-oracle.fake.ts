/** A price as somebody saw it. */
export interface Sighted {
  readonly poolId: string;
  readonly atMs: number;
  readonly usd: number;
  readonly by: 'primary' | 'standby';
}

interface Told {
  readonly pools: readonly string[];
  readonly sightings: readonly Sighted[];
  readonly changes: readonly { readonly poolId: string; readonly atMs: number; readonly usd: number }[];
  readonly readUntilMs: number | null;
  readonly nowMs: number;
}

interface Cell {
  readonly usd: number;
  readonly source: string;
  readonly confidence: number;
}

const STEP = 300_000;

/**
 * What the consolidated series must be, worked out bucket by bucket from everything that was ever told, in the plainest
 * way and without any code of the product: prices by pool, bucket, source and confidence.
 */
export function oracleSeries(told: Told): Map<string, number> {
  const begin = Math.min(...[...told.sightings, ...told.changes].map(({ atMs }) => atMs));
  const times: number[] = [];
  for (let at = begin - (begin % STEP); at + STEP <= told.nowMs; at += STEP) times.push(at);
  const grid = new Map(told.pools.map((pool) => [pool, times.map((at) => measuredCell(told, pool, at))]));
  const series = new Map<string, number>();
  for (const pool of told.pools) {
    for (const [index, at] of times.entries()) {
      const cell = grid.get(pool)?.[index] ?? filledCell(grid, pool, index);
      if (cell === undefined) continue;
      series.set(`${pool} ${new Date(at).toISOString()} ${cell.source} ${String(cell.confidence)}`, cell.usd);
    }
  }
  return series;
}

function measuredCell(told: Told, pool: string, at: number): Cell | undefined {
  const inBucket = distinct(told.sightings).filter(
    (seen) => seen.poolId === pool && seen.atMs >= at && seen.atMs < at + STEP,
  );
  for (const [by, source, confidence] of [
    ['primary', 'primary-report', 1],
    ['standby', 'replica-report', 0.95],
  ] as const) {
    const own = inBucket.filter((seen) => seen.by === by);
    own.sort((x, y) => y.atMs - x.atMs || y.usd - x.usd);
    if (own[0] !== undefined) return { usd: own[0].usd, source, confidence };
  }
  if (told.readUntilMs === null || at + STEP > told.readUntilMs) return undefined;
  const before = told.changes
    .filter(
      (change) => change.poolId === pool && change.atMs < at + STEP && change.atMs <= (told.readUntilMs ?? 0),
    )
    .sort((x, y) => y.atMs - x.atMs);
  return before[0] && { usd: before[0].usd, source: 'spot-price-history', confidence: 0.9 };
}

/** Of one reporter that contradicts itself about one moment, the first report was heard. */
function distinct(sightings: readonly Sighted[]): Sighted[] {
  const heard = new Map<string, Sighted>();
  for (const seen of sightings) {
    const key = `${seen.poolId} ${String(seen.atMs)} ${seen.by}`;
    if (!heard.has(key)) heard.set(key, seen);
  }
  return [...heard.values()];
}

function filledCell(
  grid: ReadonlyMap<string, readonly (Cell | undefined)[]>,
  pool: string,
  index: number,
): Cell | undefined {
  const own = grid.get(pool) ?? [];
  const left = own.findLastIndex((cell, place) => place < index && cell !== undefined);
  const right = own.findIndex((cell, place) => place > index && cell !== undefined);
  const [a, b] = [own[left]?.usd, own[right]?.usd];
  if (a === undefined || b === undefined) return undefined;
  const missing = right - left - 1;
  const source = 'interpolated';
  if (missing <= 2) return { usd: a + ((b - a) * (index - left)) / (right - left), source, confidence: 0.85 };
  if (missing <= 6) return { usd: (a + b) / 2, source, confidence: 0.75 };
  if (missing > 48) return undefined;
  const ratio = ratioOfPeers(grid, pool, { left, index });
  return ratio === undefined ? undefined : { usd: a * ratio, source, confidence: 0.7 };
}

function ratioOfPeers(
  grid: ReadonlyMap<string, readonly (Cell | undefined)[]>,
  pool: string,
  { left, index }: { readonly left: number; readonly index: number },
): number | undefined {
  const ratios = [...grid]
    .filter(([peer]) => peer !== pool)
    .flatMap(([, cells]) => {
      const [then, now] = [cells[left]?.usd, cells[index]?.usd];
      return then === undefined || now === undefined ? [] : [now / then];
    })
    .sort((x, y) => x - y);
  const lower = ratios[Math.floor((ratios.length - 1) / 2)];
  const upper = ratios[Math.floor(ratios.length / 2)];
  return lower === undefined || upper === undefined ? undefined : (lower + upper) / 2;
}
