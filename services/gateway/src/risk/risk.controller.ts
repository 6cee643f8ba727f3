import { Param } from '@nestjs/common';
import type { PastRisk, PoolRiskView } from '@spotopt/contracts';
import { PoolRiskRoute, PoolRisksRoute } from '@spotopt/contracts/http';
import type { QueryOf, ResponseOf } from '@spotopt/contracts/http';
import { Clock } from '@spotopt/kernel';
import { QueryFor, Routes, Serves } from '../route.js';
import { ReadPoolRisk } from './read-pool-risk.js';

type Item = ResponseOf<typeof PoolRisksRoute>['pools'][number];
type PastItem = ResponseOf<typeof PoolRiskRoute>['history'][number];

const HOUR_MS = 3_600_000;

@Routes()
export class RiskController {
  constructor(
    private readonly risks: ReadPoolRisk,
    private readonly clock: Clock,
  ) {}

  @Serves(PoolRiskRoute)
  async one(
    @Param('poolId') poolId: string,
    @QueryFor(PoolRiskRoute) query: QueryOf<typeof PoolRiskRoute>,
  ): Promise<ResponseOf<typeof PoolRiskRoute>> {
    const now = this.clock.now();
    const from = new Date(now.getTime() - query.history_hours * HOUR_MS);
    const risk = await this.risks.one(poolId, query.history_hours === 0 ? null : { from, to: now });
    return { ...toItem(risk), history: risk.history.map(toScore) };
  }

  @Serves(PoolRisksRoute)
  async all(
    @QueryFor(PoolRisksRoute) query: QueryOf<typeof PoolRisksRoute>,
  ): Promise<ResponseOf<typeof PoolRisksRoute>> {
    const { region = null, instance_type: instanceType = null, label = null } = query;
    const pools = (await this.risks.list({ region, instanceType, label })).map(toItem);
    const count = (wanted: Item['label']): number => pools.filter((pool) => pool.label === wanted).length;
    const labels = { safe: count('safe'), caution: count('caution'), avoid: count('avoid') };
    return { pools, labels, total: pools.length };
  }
}

function toScore({ score, label, parts, confidence, lossPerHour, cause, scoredAt }: PastRisk): PastItem {
  return {
    risk_score: score,
    risk_percent: Number((score * 100).toFixed(2)),
    label,
    components: parts,
    confidence,
    loss_per_hour: lossPerHour,
    cause,
    scored_at: scoredAt,
  };
}

function toItem(risk: PoolRiskView): Item {
  return {
    pool_id: risk.poolId,
    instance_type: risk.instanceType,
    region: risk.region,
    az: risk.az,
    ...toScore(risk),
    watched_since: risk.watchedSince,
  };
}
