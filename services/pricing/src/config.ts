import { awsSettings, setting } from '@spotopt/platform';
import { z } from 'zod';

export const pricingConfig = z.object({
  backfillDays: setting
    .integer('How far back the prices of a new market are read; AWS keeps 90 days.', { min: 1, max: 90 })
    .default(90),
  priceReadIntervalSeconds: setting
    .integer('Time between two reads of the spot price history.', { min: 10, max: 86_400 })
    .default(300),
  priceReadOverlapMinutes: setting
    .integer('How much of what was read is read again, for changes that AWS lists late.', {
      min: 0,
      max: 1440,
    })
    .default(60),
  priceHistoryEnabled: setting
    .flag('Read prices from AWS besides taking reports of agents; needs ec2:DescribeSpotPriceHistory.')
    .default(true),
  consolidationIntervalSeconds: setting
    .integer('Time between two looks for ended buckets of five minutes.', { min: 1, max: 300 })
    .default(10),
  gapScanIntervalMinutes: setting
    .integer('Time between two searches for gaps of the last day.', { min: 1, max: 1440 })
    .default(15),
  reconcileIntervalHours: setting
    .integer('Time between two full reconciles of the consolidated prices.', { min: 1, max: 168 })
    .default(12),
  priceRetentionDays: setting
    .integer('How long reported and consolidated prices are kept.', { min: 7, max: 3650 })
    .default(90),
  ...awsSettings,
});
export type PricingConfig = z.output<typeof pricingConfig>;
