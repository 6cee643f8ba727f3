import type { ZoneScore } from '@spotopt/cloud';
import { OnDemandSource, PriceSource } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import { instantOf, selectRows } from '@spotopt/persistence';
import {
  type Advice,
  type BootTimes,
  type InterruptionCounts,
  PoolFactsStore,
  type PoolFilter,
  type PricedPool,
  type Scores,
} from './ports.js';

interface Sql {
  readonly where: string;
  readonly parameters: readonly unknown[];
}

/** The condition for the pools `p` that a filter chooses. */
function chosen({ region, instanceType, poolIds }: PoolFilter): Sql {
  const conditions: string[] = ['1 = 1'];
  const parameters: unknown[] = [];
  if (region !== null) {
    conditions.push('p.region = ?');
    parameters.push(region);
  }
  if (instanceType !== null) {
    conditions.push('p.instance_type = ?');
    parameters.push(instanceType);
  }
  if (poolIds !== null) {
    conditions.push(poolIds.length === 0 ? '1 = 0' : `p.pool_id IN (${poolIds.map(() => '?').join(', ')})`);
    parameters.push(...poolIds);
  }
  return { where: conditions.join(' AND '), parameters };
}

interface MarketRow {
  readonly region: string;
  readonly instance_type: string;
}

const keyOf = (row: MarketRow): string => `${row.region} ${row.instance_type}`;
const numberOf = (raw: unknown): number | null => (raw === null ? null : Number(raw));
const timeOf = (raw: unknown): Date | null => (raw === null ? null : instantOf(raw));

export class SqlPoolFactsStore extends PoolFactsStore {
  override async pools(tx: Tx, filter: PoolFilter): Promise<PricedPool[]> {
    const { where, parameters } = chosen(filter);
    const rows = await selectRows<PoolRow>(
      tx,
      `SELECT p.pool_id, p.name, p.region, p.az, p.instance_type, p.on_demand_usd_per_hour, p.on_demand_source,
              c.spot_usd_per_hour, c.source, c.observed_at, w.read_until
       FROM spot_pool p
       LEFT JOIN current_price c ON c.pool_id = p.pool_id
       LEFT JOIN price_watch w ON w.region = p.region AND w.instance_type = p.instance_type
       WHERE ${where} ORDER BY p.pool_id`,
      parameters,
    );
    return rows.map(toPricedPool);
  }

  override async listReadAt(tx: Tx, filter: PoolFilter): Promise<Map<string, Date>> {
    const { where, parameters } = chosen(filter);
    const rows = await selectRows<MarketRow & { read_at: unknown }>(
      tx,
      `SELECT o.region, o.instance_type, MAX(o.read_at) AS read_at FROM on_demand_price o
       WHERE o.source = 'price-list' AND EXISTS (
         SELECT 1 FROM spot_pool p WHERE p.region = o.region AND p.instance_type = o.instance_type AND ${where})
       GROUP BY o.region, o.instance_type`,
      parameters,
    );
    return new Map(rows.map((row) => [keyOf(row), instantOf(row.read_at)]));
  }

  override async offered(tx: Tx, filter: PoolFilter): Promise<Map<string, boolean>> {
    const { where, parameters } = chosen(filter);
    const rows = await selectRows<{ pool_id: string; offered: unknown }>(
      tx,
      `SELECT o.pool_id, o.offered FROM pool_offering o JOIN spot_pool p ON p.pool_id = o.pool_id WHERE ${where}`,
      parameters,
    );
    return new Map(rows.map((row) => [row.pool_id, Number(row.offered) === 1]));
  }

  override async advice(tx: Tx, filter: PoolFilter): Promise<Map<string, Advice>> {
    const { where, parameters } = chosen(filter);
    const rows = await selectRows<
      MarketRow & { bucket: unknown; label: string; savings_percent: unknown; read_at: unknown }
    >(
      tx,
      `SELECT a.region, a.instance_type, a.bucket, a.label, a.savings_percent, a.read_at FROM advisor_bucket a
       WHERE EXISTS (
         SELECT 1 FROM spot_pool p WHERE p.region = a.region AND p.instance_type = a.instance_type AND ${where})`,
      parameters,
    );
    return new Map(
      rows.map((row) => [
        keyOf(row),
        {
          bucket: Number(row.bucket),
          label: row.label,
          savingsPercent: Number(row.savings_percent),
          readAt: instantOf(row.read_at),
        },
      ]),
    );
  }

  override async scores(tx: Tx, filter: PoolFilter): Promise<Map<string, Scores>> {
    const { where, parameters } = chosen(filter);
    const rows = await selectRows<MarketRow & { scores: string; read_at: unknown }>(
      tx,
      `SELECT q.region, q.instance_type, a.scores, a.read_at FROM placement_question q
       JOIN placement_answer a ON a.fingerprint = q.fingerprint
       WHERE a.read_at IS NOT NULL AND EXISTS (
         SELECT 1 FROM spot_pool p WHERE p.region = q.region AND p.instance_type = q.instance_type AND ${where})`,
      parameters,
    );
    return new Map(
      rows.map((row) => [
        keyOf(row),
        { zones: JSON.parse(row.scores) as ZoneScore[], readAt: instantOf(row.read_at) },
      ]),
    );
  }

  override async interruptionsSince(
    tx: Tx,
    filter: PoolFilter,
    since: readonly Date[],
  ): Promise<Map<string, InterruptionCounts>> {
    const { where, parameters } = chosen(filter);
    const sums = since.map(
      (_, index) => `SUM(CASE WHEN i.detected_at >= ? THEN 1 ELSE 0 END) AS n${String(index)}`,
    );
    const rows = await selectRows<Record<string, unknown> & { pool_id: string }>(
      tx,
      `SELECT m.pool_id, ${sums.join(', ')} FROM machine_notice i
       JOIN machine_place m ON m.ec2_instance_id = i.ec2_instance_id AND m.mode <> 'ondemand'
       JOIN spot_pool p ON p.pool_id = m.pool_id
       WHERE ${where} AND i.kind = 'termination' GROUP BY m.pool_id`,
      [...since, ...parameters],
    );
    return new Map(
      rows.map((row) => [row.pool_id, since.map((_, index) => Number(row[`n${String(index)}`]))]),
    );
  }

  override async boots(tx: Tx, filter: PoolFilter, most: number): Promise<Map<string, BootTimes>> {
    const { where, parameters } = chosen(filter);
    const rows = await selectRows<{ pool_id: string; average_ms: unknown; samples: unknown }>(
      tx,
      `SELECT pool_id, AVG(ready_after_ms) AS average_ms, COUNT(*) AS samples FROM (
         SELECT b.pool_id, b.ready_after_ms, ROW_NUMBER() OVER (
           PARTITION BY b.pool_id ORDER BY b.ready_at DESC, b.replica_id DESC) AS place
         FROM pool_boot b JOIN spot_pool p ON p.pool_id = b.pool_id WHERE ${where}
       ) newest WHERE place <= ? GROUP BY pool_id`,
      [...parameters, most],
    );
    return new Map(
      rows.map((row) => [row.pool_id, { averageMs: Number(row.average_ms), samples: Number(row.samples) }]),
    );
  }
}

interface PoolRow extends MarketRow {
  readonly pool_id: string;
  readonly name: string;
  readonly az: string;
  readonly on_demand_usd_per_hour: unknown;
  readonly on_demand_source: string | null;
  readonly spot_usd_per_hour: unknown;
  readonly source: string | null;
  readonly observed_at: unknown;
  readonly read_until: unknown;
}

/** A LEFT JOIN without a match gives nulls like a column without a value. */
function toPricedPool(row: PoolRow): PricedPool {
  return {
    poolId: row.pool_id,
    name: row.name,
    region: row.region,
    az: row.az,
    instanceType: row.instance_type,
    spotUsdPerHour: numberOf(row.spot_usd_per_hour),
    source: row.source === null ? null : PriceSource.parse(row.source),
    observedAt: timeOf(row.observed_at),
    historyReadUntil: timeOf(row.read_until),
    onDemandUsdPerHour: numberOf(row.on_demand_usd_per_hour),
    onDemandSource: row.on_demand_source === null ? null : OnDemandSource.parse(row.on_demand_source),
  };
}
