import { BUCKET_MS } from '@spotopt/pricing';
import type { BenchContext } from '../bench.js';
import { measureChartReads } from './chart-reads.js';
import { measureConsolidation } from './consolidate-bucket.js';
import { fillHistory } from './fill-history.js';
import { pricingDatabase } from './pricing-database.js';

/** Start of a bucket. */
const NOW = new Date('2026-11-21T12:00:00.000Z');

/** Reads and writes of the consolidated prices at the size that a region has after three months. */
export async function measureHistory(context: BenchContext): Promise<void> {
  const schema = await pricingDatabase(NOW);
  try {
    context.uses('database', schema.version);
    const history = await fillHistory(schema.bare, NOW.getTime() - BUCKET_MS, context);
    await measureChartReads(context, schema, history);
    await measureConsolidation(context, schema);
  } finally {
    await schema.cleanUp();
  }
}
