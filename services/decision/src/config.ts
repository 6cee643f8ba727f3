import { setting } from '@spotopt/platform';
import { z } from 'zod';

export const decisionConfig = z.object({
  decisionCycleMinutes: setting
    .integer('Time between two decisions about a workload.', { min: 1, max: 1440 })
    .default(15),
  proposalExpiryMinutes: setting
    .integer('How long a proposed switch may be taken up.', { min: 1, max: 60 })
    .default(10),
  maxPriceAgeMinutes: setting
    .integer('Prices that were read longer ago are not acted on.', { min: 5, max: 1440 })
    .default(60),
  decisionRetentionDays: setting.integer('How long decisions are kept.', { min: 1, max: 3650 }).default(90),
});
export type DecisionConfig = z.output<typeof decisionConfig>;
