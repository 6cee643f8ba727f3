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
  priceListEnabled: setting
    .flag(
      'Read on-demand prices from the Price List; needs pricing:GetProducts. Without it the bundled ones are used.',
    )
    .default(true),
  priceListEndpoint: setting
    .url(
      'Other endpoint of the Price List than AWS’s own; with AWS_ENDPOINT set, without it the list is not read.',
      ['http', 'https'],
      'http://127.0.0.1:8081',
    )
    .optional(),
  onDemandRefreshHours: setting
    .integer('Time between two reads of the on-demand prices.', { min: 1, max: 720 })
    .default(24),
  spotAdvisorEnabled: setting.flag('Read AWS’s public file of interruption frequencies.').default(true),
  spotAdvisorUrl: setting
    .url(
      'Other place of that file than AWS’s own; with AWS_ENDPOINT set, without it the file is not read.',
      ['http', 'https'],
      'https://spot-bid-advisor.s3.amazonaws.com/spot-advisor-data.json',
    )
    .optional(),
  spotAdvisorRefreshHours: setting
    .integer('Time between two reads of the interruption frequencies.', { min: 1, max: 720 })
    .default(24),
  offeringsEnabled: setting
    .flag('Ask which types are sold in which zones; needs ec2:DescribeInstanceTypeOfferings.')
    .default(true),
  offeringsRefreshHours: setting
    .integer('Time between two reads of what is sold where.', { min: 1, max: 720 })
    .default(24),
  placementScoresEnabled: setting
    .flag(
      'Ask for spot placement scores; needs ec2:GetSpotPlacementScores and ec2:DescribeAvailabilityZones.',
    )
    .default(true),
  placementScoreRefreshMinutes: setting
    .integer('Time between two reads of a placement score.', { min: 60, max: 43_200 })
    .default(60),
  placementScoreNewConfigurations: setting
    .integer('Placement scores that are asked for the first time, in 24 hours; AWS allows about ten.', {
      min: 0,
      max: 1_000,
    })
    .default(10),
  dayCloseDelayMinutes: setting
    .integer(
      'How long after midnight UTC the costs of a day are closed, so that its last prices are there.',
      {
        min: 0,
        max: 1440,
      },
    )
    .default(20),
  ledgerKeepDays: setting
    .integer('How long closed days, settled costs and ended machines stay in the cost ledger.', { min: 60 })
    .default(730),
  ...awsSettings,
});
export type PricingConfig = z.output<typeof pricingConfig>;
