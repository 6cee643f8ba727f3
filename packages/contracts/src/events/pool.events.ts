import { z } from 'zod';
import { defineEvent } from '../define.js';
import { Instant, PoolId } from '../primitives.js';

/** `safe` below 0.40, `avoid` from 0.70 on, `caution` between. */
export const RiskLabel = z.enum(['safe', 'caution', 'avoid']);
export type RiskLabel = z.infer<typeof RiskLabel>;

const Share = z.number().min(0).max(1);

/** The parts of the published formula, each before its weight. What is not known counts 0.5. */
export const PoolRiskParts = z.object({
  interruptions: Share,
  volatility: Share,
  age: Share,
  trend: Share,
});
export type PoolRiskParts = z.infer<typeof PoolRiskParts>;

/** What made somebody look: the gravest of what happened since the last look. */
export const RiskCause = z.enum(['interruption', 'launch-failed', 'notice', 'price-changed', 'schedule']);
export type RiskCause = z.infer<typeof RiskCause>;

export const PoolRiskChangedV1 = defineEvent({
  name: 'pool.risk-changed',
  version: 1,
  owner: 'decision',
  summary:
    'The risk of a spot pool moved by 0.05 or more, or clearly into another band, since this event last told it.',
  subject: 'pool',
  data: z.object({
    poolId: PoolId,
    region: z.string(),
    az: z.string(),
    instanceType: z.string(),
    /** As this event last told it; null the first time. */
    previousScore: Share.nullable(),
    previousLabel: RiskLabel.nullable(),
    score: Share,
    label: RiskLabel,
    parts: PoolRiskParts,
    /** How much of the score rests on fresh data. */
    confidence: Share,
    /** Chance per hour to lose a machine there, where it is estimated. */
    lossPerHour: Share.nullable(),
    cause: RiskCause,
    scoredAt: Instant,
  }),
});
