import { DatabaseSync } from 'node:sqlite';
import type { PriceChange } from '@spotopt/pricing';
import { z } from 'zod';

const Watch = z.object({ instance_type: z.string(), read_until: z.string(), wanted_at: z.string() });
const Stored = z.object({
  pool_id: z.string(),
  observed_at: z.string(),
  spot_usd_per_hour: z.coerce.number(),
});

/** How far back AWS, and therefore pricing, reads a new market. */
const BACKFILL_MS = 90 * 86_400_000;

/** One instance type whose prices were read, and the time for which all of them must be there. */
export interface ReadMarket {
  readonly instanceType: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Opens the database of a run beside the program that writes it; nothing is changed. */
export function readStoredReplay(databaseFile: string): { markets: ReadMarket[]; rows: PriceChange[] } {
  const database = new DatabaseSync(databaseFile, { readOnly: true });
  try {
    const markets = database
      .prepare('SELECT instance_type, read_until, wanted_at FROM price_watch WHERE read_until IS NOT NULL')
      .all()
      .map((row) => Watch.parse(row))
      .map((watch) => ({
        instanceType: watch.instance_type,
        fromMs: instantMs(watch.wanted_at) - BACKFILL_MS,
        untilMs: instantMs(watch.read_until),
      }));
    const rows = database
      .prepare(
        "SELECT pool_id, observed_at, spot_usd_per_hour FROM raw_price WHERE source = 'spot-price-history'",
      )
      .all()
      .map((row) => Stored.parse(row))
      .map((row) => ({
        poolId: row.pool_id,
        atMs: instantMs(row.observed_at),
        usdPerHour: row.spot_usd_per_hour,
      }));
    return { markets, rows };
  } finally {
    database.close();
  }
}

/** Instants are stored as UTC text without a zone. */
function instantMs(text: string): number {
  return Date.parse(`${text.replace(' ', 'T')}Z`);
}
