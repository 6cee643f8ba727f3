import { OnDemandSource } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import { selectRows } from '@spotopt/persistence';
import { cataloguePriceOf, type Market, type OnDemandPrice, spotPoolOf } from '../pools/ports.js';
import { type OnDemandPriceInForce, OnDemandPrices, type OnDemandPriceStore } from './ports.js';

/** What was in force then, else what is stored with the pool, else what the catalogue lists for its type. */
export class SqlOnDemandPrices extends OnDemandPrices {
  constructor(private readonly history: OnDemandPriceStore) {
    super();
  }

  override async priceOf(
    tx: Tx,
    poolId: string,
    at: Date,
    listedUntil: Date = at,
  ): Promise<OnDemandPrice | null> {
    const { region, instanceType } = spotPoolOf(poolId, null);
    const listed = await this.#inForce(tx, { region, instanceType }, at, listedUntil);
    if (listed !== null) return { usdPerHour: listed.usdPerHour, source: listed.source };
    const [row] = await selectRows<{ usd: unknown; source: string | null }>(
      tx,
      `SELECT on_demand_usd_per_hour AS usd, on_demand_source AS source FROM spot_pool WHERE pool_id = ?`,
      [poolId],
    );
    if (row?.usd != null) {
      return { usdPerHour: Number(row.usd), source: OnDemandSource.parse(row.source) };
    }
    return cataloguePriceOf(region, instanceType);
  }

  async #inForce(tx: Tx, market: Market, from: Date, until: Date): Promise<OnDemandPriceInForce | null> {
    const [inForce = null] = await this.history.inForceAt(tx, [market], from);
    if (inForce?.source !== 'estimated' || until <= from) return inForce;
    return (await this.history.firstListed(tx, market, { from, until })) ?? inForce;
  }
}
