import { readFile } from 'node:fs/promises';
import { AppError } from '@spotopt/kernel';
import { z } from 'zod';
import { listedOnDemandPrice, type OnDemandPrice } from '../prices/on-demand-prices.js';
import { LINUX, PriceBook, regionOf, seriesOf, type PriceRow } from '../prices/price-book.js';
import type { SimulatedRegion } from '../region/simulated-region.js';
import { poolIdOf, regionOfZone } from '../region/zones.js';

const tracePool = z.object({
  az: z.string(),
  instance_type: z.string(),
  on_demand_usd_h: z.number().positive(),
  spot_usd_h: z.number().positive().nullable(),
  price: z.array(z.number().positive()).nullable(),
  /** 1 when an instance could be had, or kept, through the interval. */
  state: z.array(z.union([z.literal(0), z.literal(1)])).min(1),
});

const traceFile = z.object({
  name: z.string(),
  start: z.string().refine((text) => !Number.isNaN(Date.parse(text)), 'a time'),
  interval_s: z.number().positive(),
  pools: z.array(tracePool).min(1),
});

export type Trace = z.infer<typeof traceFile>;
type TracePool = z.infer<typeof tracePool>;

export interface TraceSource {
  readonly kind: 'trace';
  readonly trace: Trace;
  /** Simulated time of the first interval. @default the trace's own start */
  readonly startAtMs?: number;
}

/** @throws AppError `invalid-trace` */
export function parseTrace(text: string, name: string): Trace {
  try {
    return traceFile.parse(JSON.parse(text));
  } catch (error) {
    const problem = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw AppError.permanent('invalid-trace', `${name}: ${problem}`, { cause: error });
  }
}

export async function loadTrace(path: string): Promise<Trace> {
  return parseTrace(await readFile(path, 'utf8'), path);
}

function priceRows(trace: Trace, pool: TracePool): PriceRow[] {
  const startMs = Date.parse(trace.start);
  const row = (index: number, usdPerHour: number): PriceRow => ({
    atMs: startMs + index * trace.interval_s * 1000,
    instanceType: pool.instance_type,
    zone: pool.az,
    product: LINUX,
    text: String(usdPerHour),
  });
  if (pool.price === null) return pool.spot_usd_h === null ? [] : [row(0, pool.spot_usd_h)];
  return pool.price.flatMap((usdPerHour, index, all) =>
    index > 0 && all[index - 1] === usdPerHour ? [] : [row(index, usdPerHour)],
  );
}

/**
 * The prices that a trace carries, for the pools of one region.
 * @param region needed when the trace has pools of several regions
 */
export function tracePriceBook(trace: Trace, region?: string): PriceBook {
  const pools = trace.pools.filter((pool) => region === undefined || regionOfZone(pool.az) === region);
  const rows = pools.flatMap((pool) => priceRows(trace, pool));
  const onDemand = new Map<string, OnDemandPrice>(
    pools.map((pool) => [
      pool.instance_type,
      listedOnDemandPrice(regionOfZone(pool.az), pool.instance_type) ?? {
        usdPerHour: pool.on_demand_usd_h,
        source: 'listed',
      },
    ]),
  );
  return new PriceBook({ region: regionOf(rows), series: seriesOf(rows), onDemand });
}

/** Intervals at which the state differs from the one before. */
function transitionsOf(pool: TracePool): { readonly index: number; readonly isUp: boolean }[] {
  return pool.state.flatMap((state, index, all) =>
    index > 0 && all[index - 1] === state ? [] : [{ index, isUp: state === 1 }],
  );
}

/** Replays availability: a pool that goes to 0 has no capacity, and its instances get their notice. */
export function startTrace(region: SimulatedRegion, source: TraceSource): void {
  const { trace } = source;
  const startMs = source.startAtMs ?? Date.parse(trace.start);
  for (const pool of trace.pools) {
    const poolId = poolIdOf(pool.instance_type, pool.az);
    if (region.pools.get(poolId) === undefined) continue;
    const transitions = transitionsOf(pool);
    const playFrom = (next: number): void => {
      const transition = transitions[next];
      if (transition === undefined) return;
      region.schedule.at(startMs + transition.index * trace.interval_s * 1000, (atMs) => {
        if (transition.isUp) region.setCapacity(poolId, 'unlimited', { atMs });
        else region.reclaimPool(poolId, {}, atMs);
        playFrom(next + 1);
      });
    };
    playFrom(0);
  }
}
