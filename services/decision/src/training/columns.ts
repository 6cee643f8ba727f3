import type { TrainingColumn } from '@spotopt/contracts';
import type { TrainingRow } from './training-row.js';

export type Value = string | number | boolean | Date | null;

export interface Column extends TrainingColumn {
  readonly of: (row: TrainingRow) => Value;
}

/** Rises when a column is added, taken away, renamed or gets another meaning. */
export const COLUMNS_VERSION = 1;

const UNWATCHED = 'the pool was not watched for all of that time';
const FUTURE = 'that time was not over when the set was asked for, or the pool was not watched yet';
const NO_DAY = 'fewer than two prices are known';

function ratioOf({ usdPerHour, onDemandUsdPerHour }: TrainingRow): number | null {
  return onDemandUsdPerHour === null ? null : usdPerHour / onDemandUsdPerHour;
}

interface Facts extends Pick<Column, 'meaning' | 'of'> {
  readonly unit?: string;
  /** What an empty field says. */
  readonly empty?: string;
}

function column(
  role: Column['role'],
  [name, type]: readonly [string, Column['type']],
  { meaning, of, unit, empty }: Facts,
): Column {
  return { name, type, unit: unit ?? null, role, meaning, nullMeaning: empty ?? null, of };
}

/** The one place that says what is in a training set: files, the dictionary and its page are made from it. */
export const COLUMNS: readonly Column[] = [
  column('key', ['pool_id', 'string'], { meaning: 'Instance type and zone.', of: (row) => row.poolId }),
  column('key', ['instance_type', 'string'], { meaning: 'Instance type.', of: (row) => row.instanceType }),
  column('key', ['region', 'string'], { meaning: 'Region of the zone.', of: (row) => row.region }),
  column('key', ['az', 'string'], { meaning: 'Availability zone.', of: (row) => row.az }),
  column('key', ['bucket_at', 'timestamp'], {
    meaning: 'Start of the five minutes. Features are as known at their end, labels count from there on.',
    of: (row) => row.bucketAt,
    unit: 'UTC, milliseconds',
  }),
  column('feature', ['usd_per_hour', 'double'], {
    meaning: 'Spot price.',
    of: (row) => row.usdPerHour,
    unit: 'USD per hour',
  }),
  column('feature', ['on_demand_usd_per_hour', 'double'], {
    meaning: 'On-demand price of that day; never an estimate.',
    of: (row) => row.onDemandUsdPerHour,
    unit: 'USD per hour',
    empty: 'it is not known, or only estimated',
  }),
  column('feature', ['price_ratio', 'double'], {
    meaning: 'Spot price over on-demand price.',
    of: ratioOf,
    empty: 'the on-demand price is not known',
  }),
  column('feature', ['volatility_24h', 'double'], {
    meaning: 'Standard deviation over mean of the prices of the last 24 h, sampled every 5 min.',
    of: (row) => row.volatility24h,
    empty: NO_DAY,
  }),
  column('feature', ['rising', 'boolean'], {
    meaning: 'Whether the price is above that of 6 h ago, or above the oldest known one.',
    of: (row) => row.rising,
    empty: 'no price is known',
  }),
  column('feature', ['price_source', 'string'], {
    meaning: 'Who saw the price: primary-report, replica-report or spot-price-history.',
    of: (row) => row.source,
  }),
  column('feature', ['price_confidence', 'double'], {
    meaning: 'Confidence in the price by its source: 1.00, 0.95 or 0.90.',
    of: (row) => row.confidence,
  }),
  column('feature', ['running_instances', 'int'], {
    meaning: 'Machines of ours that ran in the pool. Where it is 0 nothing could be interrupted.',
    of: (row) => row.runningInstances,
    unit: 'machines',
  }),
  column('feature', ['notice_status', 'string'], {
    meaning: 'Gravest notice that stood in these five minutes: none, rebalance or termination.',
    of: (row) => row.noticeStatus,
  }),
  column('feature', ['interruptions_1h', 'int'], {
    meaning: 'Termination notices of the last hour.',
    of: (row) => row.interruptions1h,
    empty: UNWATCHED,
  }),
  column('feature', ['interruptions_24h', 'int'], {
    meaning: 'Termination notices of the last 24 h.',
    of: (row) => row.interruptions24h,
    empty: UNWATCHED,
  }),
  column('feature', ['interruptions_30d', 'int'], {
    meaning: 'Termination notices of the last 30 days.',
    of: (row) => row.interruptions30d,
    empty: UNWATCHED,
  }),
  column('feature', ['refused_launches_24h', 'int'], {
    meaning: 'Launches that the pool refused in the last 24 h.',
    of: (row) => row.refusals24h,
    empty: UNWATCHED,
  }),
  column('feature', ['hours_since_last', 'double'], {
    meaning: 'Since the last termination notice or refused launch.',
    of: (row) => row.hoursSinceMark,
    unit: 'hours',
    empty: 'none is known',
  }),
  column('feature', ['hour_of_day', 'int'], {
    meaning: 'Hour of the start.',
    of: (row) => row.bucketAt.getUTCHours(),
    unit: '0 to 23, UTC',
  }),
  column('feature', ['day_of_week', 'int'], {
    meaning: 'Day of the start.',
    of: (row) => row.bucketAt.getUTCDay(),
    unit: '0 = Sunday, UTC',
  }),
  column('label', ['interrupted_within_15m', 'boolean'], {
    meaning: 'Whether a termination notice came within 15 min after the end.',
    of: (row) => row.interruptedWithin15m,
    empty: FUTURE,
  }),
  column('label', ['interrupted_within_1h', 'boolean'], {
    meaning: 'Whether one came within an hour.',
    of: (row) => row.interruptedWithin1h,
    empty: FUTURE,
  }),
  column('label', ['interrupted_within_6h', 'boolean'], {
    meaning: 'Whether one came within six hours.',
    of: (row) => row.interruptedWithin6h,
    empty: FUTURE,
  }),
];

/** The dictionary as a table in Markdown, for docs/training-sets.md. */
export function dictionaryTable(): string {
  const lines = COLUMNS.map(({ name, type, unit, role, meaning, nullMeaning }) =>
    [`\`${name}\``, role, type, unit ?? '', meaning, nullMeaning ?? ''].join(' | '),
  );
  return ['column | role | type | unit | meaning | empty when', '--- | --- | --- | --- | --- | ---', ...lines]
    .map((line) => `| ${line} |`)
    .join('\n');
}
