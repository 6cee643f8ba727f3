import { OnDemandSource, parsePoolId, regionOf } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import { selectRows } from '@spotopt/persistence';
import { cataloguePriceOf, type OnDemandPrice } from '../pools/ports.js';
import { OnDemandPrices } from './ports.js';

/** What is stored with the pool, else what the catalogue lists for its type. */
export class SqlOnDemandPrices extends OnDemandPrices {
  override async priceOf(tx: Tx, poolId: string): Promise<OnDemandPrice | null> {
    const [row] = await selectRows<{ usd: unknown; source: string | null }>(
      tx,
      `SELECT on_demand_usd_per_hour AS usd, on_demand_source AS source FROM spot_pool WHERE pool_id = ?`,
      [poolId],
    );
    if (row?.usd != null) {
      return { usdPerHour: Number(row.usd), source: OnDemandSource.parse(row.source) };
    }
    const { instanceType, az } = parsePoolId(poolId);
    return cataloguePriceOf(regionOf(az), instanceType);
  }
}
