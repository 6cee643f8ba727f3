import { OnDemandSource } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import {
  changeRows,
  insertIfAbsent,
  instantColumn,
  instantOf,
  managerOf,
  moneyColumn,
  selectRows,
  stringColumn,
  updateRows,
} from '@spotopt/persistence';
import { And, Column, Entity, LessThan, MoreThanOrEqual, Not, PrimaryColumn } from 'typeorm';
import type { Market } from '../pools/ports.js';
import { type OnDemandPriceInForce, OnDemandPriceStore } from './ports.js';

@Entity('on_demand_price')
export class OnDemandPriceRow {
  @PrimaryColumn(stringColumn(32)) region!: string;
  @PrimaryColumn(stringColumn(32, { name: 'instance_type' })) instanceType!: string;
  @PrimaryColumn(instantColumn({ name: 'valid_from' })) validFrom!: Date;
  @Column(moneyColumn({ name: 'usd_per_hour' })) usdPerHour!: number;
  @Column(stringColumn(32)) source!: string;
  /** Last time at which the source said so. */
  @Column(instantColumn({ name: 'read_at' })) readAt!: Date;
}

/** What the database keeps of a price: millionths of a dollar. */
const rounded = (usd: number): number => Math.round(usd * 1e6) / 1e6;

export class SqlOnDemandPriceStore extends OnDemandPriceStore {
  override async takeListed(
    tx: Tx,
    listed: Market & { readonly usdPerHour: number },
    readAt: Date,
  ): Promise<void> {
    const { region, instanceType } = listed;
    const usdPerHour = rounded(listed.usdPerHour);
    const latest = (await this.#latest(tx, listed)) ?? (await keepFormer(tx, listed, readAt));
    if (latest?.usdPerHour === usdPerHour && latest.source === 'price-list') {
      const { validFrom } = latest;
      await updateRows(tx, OnDemandPriceRow, { region, instanceType, validFrom }, { readAt });
    } else {
      const row = { region, instanceType, validFrom: readAt, usdPerHour, source: 'price-list', readAt };
      await insertIfAbsent(tx, OnDemandPriceRow, row);
    }
    await changeRows(
      tx,
      `UPDATE spot_pool SET on_demand_usd_per_hour = ?, on_demand_source = 'price-list'
       WHERE region = ? AND instance_type = ?`,
      [usdPerHour.toFixed(6), region, instanceType],
    );
  }

  override async inForceAt(tx: Tx, markets: readonly Market[], at: Date): Promise<OnDemandPriceInForce[]> {
    if (markets.length === 0) return [];
    const wanted = markets.map(() => '(region = ? AND instance_type = ?)').join(' OR ');
    const rows = await selectRows<StoredPrice>(
      tx,
      `SELECT region, instance_type, valid_from, usd_per_hour, source FROM (
         SELECT p.*, ROW_NUMBER() OVER (
           PARTITION BY region, instance_type
           ORDER BY CASE WHEN valid_from <= ? THEN 0 ELSE 1 END,
                    CASE WHEN valid_from <= ? THEN valid_from END DESC, valid_from
         ) AS place FROM on_demand_price p WHERE ${wanted}
       ) ranked WHERE place = 1 ORDER BY region, instance_type`,
      [at, at, ...markets.flatMap(({ region, instanceType }) => [region, instanceType])],
    );
    return rows.map((row) => ({
      region: row.region,
      instanceType: row.instance_type,
      validFrom: instantOf(row.valid_from),
      usdPerHour: Number(row.usd_per_hour),
      source: OnDemandSource.parse(row.source),
    }));
  }

  override async firstListed(
    tx: Tx,
    { region, instanceType }: Market,
    { from, until }: { readonly from: Date; readonly until: Date },
  ): Promise<OnDemandPriceInForce | null> {
    const [row] = await managerOf(tx).find(OnDemandPriceRow, {
      where: {
        ...{ region, instanceType },
        source: Not('estimated'),
        validFrom: And(MoreThanOrEqual(from), LessThan(until)),
      },
      order: { validFrom: 'ASC' },
      take: 1,
    });
    if (row === undefined) return null;
    const { validFrom, usdPerHour } = row;
    return { region, instanceType, validFrom, usdPerHour, source: OnDemandSource.parse(row.source) };
  }

  async #latest(tx: Tx, { region, instanceType }: Market): Promise<OnDemandPriceRow | null> {
    const [row] = await managerOf(tx).find(OnDemandPriceRow, {
      where: { region, instanceType },
      order: { validFrom: 'DESC' },
      take: 1,
    });
    return row ?? null;
  }
}

interface StoredPrice {
  readonly region: string;
  readonly instance_type: string;
  readonly valid_from: unknown;
  readonly usd_per_hour: unknown;
  readonly source: string;
}

/** What the pools had before the first read of the list, from the day on which the first of them was seen. */
async function keepFormer(
  tx: Tx,
  { region, instanceType }: Market,
  until: Date,
): Promise<OnDemandPriceRow | null> {
  const [former] = await selectRows<{ usd: unknown; source: string; seen: unknown }>(
    tx,
    `SELECT on_demand_usd_per_hour AS usd, on_demand_source AS source, first_seen_at AS seen FROM spot_pool
     WHERE region = ? AND instance_type = ? AND on_demand_usd_per_hour IS NOT NULL
     ORDER BY first_seen_at, pool_id LIMIT 1`,
    [region, instanceType],
  );
  if (former === undefined) return null;
  const validFrom = instantOf(former.seen);
  if (validFrom >= until) return null;
  const row = {
    region,
    instanceType,
    validFrom,
    usdPerHour: Number(former.usd),
    source: former.source,
    readAt: validFrom,
  };
  await insertIfAbsent(tx, OnDemandPriceRow, row);
  return row;
}
