import { z } from 'zod';
import { defineRpc } from '../define.js';
import { PoolRiskParts, RiskCause, RiskLabel } from '../events/pool.events.js';
import { Instant, PoolId } from '../primitives.js';

const Share = z.number().min(0).max(1);

const Score = {
  score: Share,
  label: RiskLabel,
  parts: PoolRiskParts,
  confidence: Share,
  lossPerHour: Share.nullable(),
  cause: RiskCause,
  scoredAt: Instant,
};

/** A score as it was once. */
export const PastRisk = z.object(Score);
export type PastRisk = z.infer<typeof PastRisk>;

export const PoolRiskView = z.object({
  poolId: PoolId,
  region: z.string(),
  az: z.string(),
  instanceType: z.string(),
  ...Score,
  /** Since when this pool is watched. */
  watchedSince: Instant,
  /** Oldest first; empty unless a window was asked for. */
  history: z.array(PastRisk),
});
export type PoolRiskView = z.infer<typeof PoolRiskView>;

export const PoolRisk = defineRpc({
  owner: 'decision',
  name: 'pool-risk',
  summary: 'How risky pools are, the riskiest first, and how that came about.',
  request: z
    .object({
      region: z.string().nullable(),
      instanceType: z.string().nullable(),
      label: RiskLabel.nullable().default(null),
      poolIds: z.array(PoolId).max(500).nullable(),
      /** Of at most ten pools. */
      history: z.object({ from: Instant, to: Instant }).nullable().default(null),
    })
    .refine(({ poolIds, history }) => history === null || (poolIds !== null && poolIds.length <= 10), {
      path: ['poolIds'],
      message: 'a history is given for at most ten named pools',
    }),
  response: z.object({ pools: z.array(PoolRiskView) }),
});
