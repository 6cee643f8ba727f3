import { parsePoolId, regionOf } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import type { MarketStore, MarkStore } from '../market/ports.js';
import type { Seen } from './judge-advice.js';

export interface ReadCoursesDeps {
  readonly markets: Pick<MarketStore, 'find' | 'listPoints'>;
  readonly marks: Pick<MarkStore, 'listMarks'>;
}

/** Long enough for the price before a decision to be found, where it changes at all; else it is what was observed. */
const LOOK_BACK_MS = 24 * 3_600_000;

/** What happened to pools since some time, from the projections of this service only. */
export class ReadCourses {
  constructor(private readonly deps: ReadCoursesDeps) {}

  async execute(tx: Tx, poolIds: readonly string[], since: Date): Promise<Seen['courses']> {
    const { markets, marks } = this.deps;
    if (poolIds.length === 0) return new Map();
    const lookBack = new Date(since.getTime() - LOOK_BACK_MS);
    const points = Map.groupBy(await markets.listPoints(tx, poolIds, lookBack), ({ poolId }) => poolId);
    const taken = (await marks.listMarks(tx, poolIds, since)).filter(({ kind }) => kind === 'interruption');
    const takenOf = Map.groupBy(taken, ({ poolId }) => poolId);
    const readUntil = await this.#readUntil(tx, poolIds);
    return new Map(
      poolIds.map((poolId) => [
        poolId,
        {
          poolId,
          prices: (points.get(poolId) ?? []).map(({ at, usdPerHour }) => ({
            atMs: at.getTime(),
            usdPerHour,
          })),
          takenBackAtMs: (takenOf.get(poolId) ?? []).map(({ at }) => at.getTime()).sort((a, b) => a - b),
          readUntilMs: readUntil(poolId),
        },
      ]),
    );
  }

  async #readUntil(tx: Tx, poolIds: readonly string[]): Promise<(poolId: string) => number | null> {
    const known = new Map<string, number | null>();
    for (const poolId of poolIds) {
      const market = marketOf(poolId);
      if (known.has(keyOf(market))) continue;
      const state = await this.deps.markets.find(tx, market);
      known.set(keyOf(market), state?.readUntil?.getTime() ?? null);
    }
    return (poolId) => known.get(keyOf(marketOf(poolId))) ?? null;
  }
}

interface Market {
  readonly region: string;
  readonly instanceType: string;
}

function marketOf(poolId: string): Market {
  const { az, instanceType } = parsePoolId(poolId);
  return { region: regionOf(az), instanceType };
}

function keyOf({ region, instanceType }: Market): string {
  return `${region} ${instanceType}`;
}
