import type { RetentionRule } from '@spotopt/persistence';
import type { PricingConfig } from './config.js';

const DAY_MS = 86_400_000;
/** Training looks back two years. */
const TRAINING_DAYS = 730;
const JOB_DAYS = 90;

/** How long this service keeps what it knows. */
export function retentionRules({
  priceRetentionDays,
}: Pick<PricingConfig, 'priceRetentionDays'>): RetentionRule[] {
  const keepMs = priceRetentionDays * DAY_MS;
  const rawKey = ['pool_id', 'observed_at', 'source', 'reported_by'];
  const raw = { table: 'raw_price', keys: rawKey, timeColumn: 'observed_at', keepMs };
  return [
    { ...raw, where: "source <> 'spot-price-history'" },
    // A change of AWS's history holds until the next one, however old it is.
    { ...raw, where: "source = 'spot-price-history'", keepNewestPer: ['pool_id', 'source'] },
    { table: 'price_report', keys: ['id'], timeColumn: 'received_at', keepMs },
    { table: 'series_price', keys: ['pool_id', 'bucket_at'], timeColumn: 'bucket_at', keepMs },
    {
      table: 'canonical_price',
      keys: ['pool_id', 'bucket_at'],
      timeColumn: 'bucket_at',
      keepMs: TRAINING_DAYS * DAY_MS,
    },
    { table: 'machine_notice', keys: ['incident_id', 'kind'], timeColumn: 'detected_at', keepMs },
    ...machineRules(keepMs),
    { table: 'pool_boot', keys: ['replica_id'], timeColumn: 'ready_at', keepMs },
    { table: 'consolidation_job', keys: ['id'], timeColumn: 'started_at', keepMs: JOB_DAYS * DAY_MS },
  ];
}

/** A place goes with the end of its machine and before it: the end is what tells how old it is. */
function machineRules(keepMs: number): RetentionRule[] {
  const keys = ['ec2_instance_id'];
  const endOf =
    'SELECT e.ended_at FROM machine_end e WHERE e.ec2_instance_id = machine_place.ec2_instance_id';
  const placeOf = 'SELECT 1 FROM machine_place p WHERE p.ec2_instance_id = machine_end.ec2_instance_id';
  return [
    { table: 'machine_place', keys, timeColumn: `(${endOf})`, keepMs },
    { table: 'machine_end', keys, timeColumn: 'ended_at', where: `NOT EXISTS (${placeOf})`, keepMs },
  ];
}
