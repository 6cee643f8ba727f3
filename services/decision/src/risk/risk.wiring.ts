import type { Type } from '@nestjs/common';
import type { RiskCause } from '@spotopt/contracts';
import type { EntityClass, MigrationClass, RetentionRule } from '@spotopt/persistence';
import type { ServiceContext } from '@spotopt/platform';
import type { DecisionConfig } from '../config.js';
import { PoolRiskTables } from '../migrations/1764700000000-pool-risk.js';
import { SqlPoolFacts } from './pool-facts.store.js';
import { ReadRisk } from './read-risk.js';
import { RiskController } from './risk.controller.js';
import { RiskJob } from './risk.job.js';
import { PoolRiskHistoryRow, PoolRiskRow, SqlRiskStore } from './risk.store.js';
import type { LossRates } from './ports.js';
import { ScorePools } from './score-pools.js';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

export const RISK_LISTENERS: Type[] = [RiskController];
export const RISK_ENTITIES: EntityClass[] = [PoolRiskRow, PoolRiskHistoryRow];
export const RISK_MIGRATIONS: MigrationClass[] = [PoolRiskTables];
export const RISK_RETENTION: RetentionRule[] = [
  {
    table: 'pool_risk_history',
    keys: ['pool_id', 'version'],
    timeColumn: 'scored_at',
    keepMs: 90 * DAY_MS,
  },
];

export interface RiskParts {
  readonly instances: readonly object[];
  /** Something happened in a pool. */
  readonly onPoolChanged: (poolId: string, cause: RiskCause) => void;
}

export function wireRisk(context: ServiceContext<DecisionConfig>, losses: LossRates): RiskParts {
  const { config, clock, ids, database, logger, random } = context;
  const { uow, outbox, leases } = database;
  const risks = new SqlRiskStore();
  const scorePools = new ScorePools({ uow, outbox, clock, ids, risks, facts: new SqlPoolFacts() }, losses);
  const intervalMs = config.riskIntervalMinutes * MINUTE_MS;
  const job = new RiskJob({ intervalMs, clock, leases, random, logger }, scorePools);
  return {
    instances: [job, new ReadRisk(uow, risks)],
    onPoolChanged: (poolId, cause) => {
      job.poolChanged(poolId, cause);
    },
  };
}
