import { createEvent, PoolRiskChangedV1 } from '@spotopt/contracts';
import type { Ids, OutgoingEvent } from '@spotopt/kernel';
import type { PoolRisk } from './pool-risk.js';

/** @param told what the last event told */
export function riskChanged(risk: PoolRisk, told: PoolRisk['told'], ids: Ids): OutgoingEvent {
  const { poolId, region, az, instanceType, score, label, parts, confidence, lossPerHour, cause } = risk;
  return createEvent(PoolRiskChangedV1, {
    id: ids.next(),
    time: risk.scoredAt,
    subject: poolId,
    severity: label === 'avoid' ? 'warning' : 'info',
    data: {
      ...{ poolId, region, az, instanceType },
      previousScore: told?.score ?? null,
      previousLabel: told?.label ?? null,
      ...{ score, label, parts, confidence, lossPerHour, cause },
      scoredAt: risk.scoredAt.toISOString(),
    },
  });
}
