import { setting } from '@spotopt/platform';
import { z } from 'zod';

export const decisionConfig = z.object({
  decisionCycleMinutes: setting
    .integer('Time between two decisions about a workload.', { min: 1, max: 1440 })
    .default(15),
  riskIntervalMinutes: setting
    .integer('Time between two scores of the risk of every pool.', { min: 1, max: 1440 })
    .default(15),
  proposalExpiryMinutes: setting
    .integer('How long a proposed switch may be taken up.', { min: 1, max: 60 })
    .default(10),
  maxPriceAgeMinutes: setting
    .integer('Prices that were read longer ago are not acted on.', { min: 5, max: 1440 })
    .default(60),
  engineTimeoutMs: setting
    .integer('How long an engine may think about one decision, in real time; then the next one is asked.', {
      min: 50,
      max: 30_000,
    })
    .default(1_000),
  shadowEngines: setting
    .text(
      'Built-in engines that are shown every decision and decide nothing, for comparison; the one in charge is never asked twice.',
      'names with commas between them, or `none`',
    )
    .default('seed-rule'),
  adviceHorizonHours: setting
    .integer('How far one looks ahead to judge what following an engine would have cost.', {
      min: 1,
      max: 168,
    })
    .default(24),
  decisionRetentionDays: setting
    .integer('How long decisions are kept; not less than until it is known what came of them.', {
      min: 1,
      max: 3650,
    })
    .default(90),
});
export type DecisionConfig = z.output<typeof decisionConfig>;

const HOUR_MS = 3_600_000;
/** What came of advice is found out at the end of its horizon, or a day later where prices are missing. */
const JUDGED_WITHIN_MS = 48 * HOUR_MS;

/** How long decisions and the advice about them stay: not less than until they were judged. */
export function decisionKeepMs({ decisionRetentionDays, adviceHorizonHours }: DecisionConfig): number {
  return Math.max(decisionRetentionDays * 24 * HOUR_MS, adviceHorizonHours * HOUR_MS + JUDGED_WITHIN_MS);
}
