import { RiskCause, RiskLabel } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import {
  changeRows,
  doubleColumn,
  idColumn,
  insertIfAbsent,
  insertRows,
  instantColumn,
  intColumn,
  managerOf,
  stringColumn,
  updateRows,
  withoutDuplicate,
} from '@spotopt/persistence';
import { Between, Column, Entity, In, PrimaryColumn } from 'typeorm';
import { type PastScore, type PoolRisk, type RiskFilter, RiskStore, type Score } from './ports.js';

class ScoreColumns {
  @Column(doubleColumn()) score!: number;
  @Column(stringColumn(16)) label!: string;
  @Column(doubleColumn({ name: 'part_interruptions' })) partInterruptions!: number;
  @Column(doubleColumn({ name: 'part_volatility' })) partVolatility!: number;
  @Column(doubleColumn({ name: 'part_age' })) partAge!: number;
  @Column(doubleColumn({ name: 'part_trend' })) partTrend!: number;
  @Column(doubleColumn()) confidence!: number;
  @Column(doubleColumn({ name: 'loss_per_hour', nullable: true })) lossPerHour!: number | null;
  @Column(stringColumn(32)) cause!: string;
  @Column(instantColumn({ name: 'scored_at' })) scoredAt!: Date;
}

@Entity('pool_risk')
export class PoolRiskRow extends ScoreColumns {
  @PrimaryColumn(idColumn({ name: 'pool_id' })) poolId!: string;
  @Column(stringColumn(64)) region!: string;
  @Column(stringColumn(64)) az!: string;
  @Column(stringColumn(64, { name: 'instance_type' })) instanceType!: string;
  @Column(instantColumn({ name: 'watched_since' })) watchedSince!: Date;
  @Column(instantColumn({ name: 'recorded_at' })) recordedAt!: Date;
  @Column(doubleColumn({ name: 'told_score', nullable: true })) toldScore!: number | null;
  @Column(stringColumn(16, { name: 'told_label', nullable: true })) toldLabel!: string | null;
  @Column(intColumn()) version!: number;
}

@Entity('pool_risk_history')
export class PoolRiskHistoryRow extends ScoreColumns {
  @PrimaryColumn(idColumn({ name: 'pool_id' })) poolId!: string;
  @PrimaryColumn(intColumn()) version!: number;
}

/** Of one answer; a pool has some 2,200 rows in 90 days when nothing happens. */
const MAX_HISTORY = 20_000;

export class SqlRiskStore extends RiskStore {
  override async find(tx: Tx, poolIds: readonly string[]): Promise<PoolRisk[]> {
    const rows = await managerOf(tx).findBy(PoolRiskRow, { poolId: In([...poolIds]) });
    return rows.map(toRisk);
  }

  override async list(tx: Tx, filter: RiskFilter): Promise<PoolRisk[]> {
    const { region, instanceType, label, poolIds } = filter;
    const rows = await managerOf(tx).find(PoolRiskRow, {
      where: {
        ...(region === null ? {} : { region }),
        ...(instanceType === null ? {} : { instanceType }),
        ...(label === null ? {} : { label }),
        ...(poolIds === null ? {} : { poolId: In([...poolIds]) }),
      },
      order: { score: 'DESC', poolId: 'ASC' },
    });
    return rows.map(toRisk);
  }

  override async add(tx: Tx, rows: readonly PoolRisk[]): Promise<string[]> {
    const added = rows.map(toRow);
    if (await withoutDuplicate(() => insertRows(tx, PoolRiskRow, ...added))) return [];
    const lost: string[] = [];
    for (const row of added) {
      if (!(await insertIfAbsent(tx, PoolRiskRow, row))) lost.push(row.poolId);
    }
    return lost;
  }

  override async replace(tx: Tx, before: PoolRisk, next: PoolRisk): Promise<boolean> {
    const { poolId, version } = before;
    const { poolId: _poolId, ...change } = toRow({ ...next, version: version + 1 });
    return (await updateRows(tx, PoolRiskRow, { poolId, version }, change)) === 1;
  }

  override async confirm(tx: Tx, poolIds: readonly string[], scoredAt: Date): Promise<void> {
    if (poolIds.length === 0) return;
    const these = poolIds.map(() => '?').join(', ');
    const sql = `UPDATE pool_risk SET scored_at = ? WHERE scored_at < ? AND pool_id IN (${these})`;
    await changeRows(tx, sql, [scoredAt, scoredAt, ...poolIds]);
  }

  override async record(tx: Tx, rows: readonly PoolRisk[]): Promise<void> {
    const history = rows.map((risk) => ({
      poolId: risk.poolId,
      version: risk.version,
      ...scoreColumns(risk),
      scoredAt: risk.scoredAt,
    }));
    await insertRows(tx, PoolRiskHistoryRow, ...history);
  }

  override async history(
    tx: Tx,
    poolIds: readonly string[],
    { from, to }: { readonly from: Date; readonly to: Date },
  ): Promise<PastScore[]> {
    const rows = await managerOf(tx).find(PoolRiskHistoryRow, {
      where: { poolId: In([...poolIds]), scoredAt: Between(from, to) },
      order: { scoredAt: 'ASC', poolId: 'ASC', version: 'ASC' },
      take: MAX_HISTORY,
    });
    return rows.map((row) => ({ poolId: row.poolId, ...toScore(row), ...toCause(row) }));
  }
}

function scoreColumns(risk: PoolRisk): Omit<ScoreColumns, 'scoredAt'> {
  const { score, label, parts, confidence, lossPerHour, cause } = risk;
  return {
    ...{ score, label, confidence, lossPerHour, cause },
    partInterruptions: parts.interruptions,
    partVolatility: parts.volatility,
    partAge: parts.age,
    partTrend: parts.trend,
  };
}

function toRow(risk: PoolRisk): PoolRiskRow {
  const { poolId, region, az, instanceType, scoredAt, watchedSince, recordedAt, told, version } = risk;
  return {
    ...{ poolId, region, az, instanceType, scoredAt, watchedSince, recordedAt, version },
    ...scoreColumns(risk),
    toldScore: told?.score ?? null,
    toldLabel: told?.label ?? null,
  };
}

function toScore(row: ScoreColumns): Score {
  return {
    score: row.score,
    label: RiskLabel.parse(row.label),
    parts: {
      interruptions: row.partInterruptions,
      volatility: row.partVolatility,
      age: row.partAge,
      trend: row.partTrend,
    },
    confidence: row.confidence,
    lossPerHour: row.lossPerHour,
  };
}

function toCause({ cause, scoredAt }: ScoreColumns): Pick<PoolRisk, 'cause' | 'scoredAt'> {
  return { cause: RiskCause.parse(cause), scoredAt };
}

function toRisk(row: PoolRiskRow): PoolRisk {
  const { poolId, region, az, instanceType, watchedSince, recordedAt, toldScore, toldLabel, version } = row;
  return {
    ...{ poolId, region, az, instanceType, watchedSince, recordedAt, version },
    ...toScore(row),
    ...toCause(row),
    told:
      toldScore === null || toldLabel === null
        ? null
        : { score: toldScore, label: RiskLabel.parse(toldLabel) },
  };
}
