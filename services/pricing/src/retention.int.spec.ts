import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RetentionJob, selectRows } from '@spotopt/persistence';
import { databaseDialects, ManualClock, type TestDatabase, testDatabase } from '@spotopt/testkit';
import { pricingConfig } from './config.js';
import { SqlRawPriceStore } from './pools/raw-price.store.js';
import { pricingService } from './pricing.module.js';
import { retentionRules } from './retention.js';

const DAY_MS = 86_400_000;
const NOW = new Date('2026-11-21T12:00:00.000Z');
const POOL = 't3.medium.us-east-1a';

describe.each(databaseDialects())('what pricing keeps on %s', (dialect) => {
  let test: TestDatabase;
  const clock = new ManualClock(NOW);

  beforeAll(async () => {
    test = await testDatabase(dialect, { ...pricingService, service: 'pricing', clock });
  });
  afterAll(() => test.cleanUp());

  it('is 90 days of prices and the change of AWS’s history that held before', async () => {
    const { uow, leases } = test.database;
    await uow.run((tx) =>
      new SqlRawPriceStore().add(
        tx,
        (['primary-report', 'spot-price-history'] as const).flatMap((source) =>
          [10, 95, 100].map((days) => ({
            ...{ poolId: POOL, usdPerHour: 0.01, source, reportedBy: '', reportId: null, receivedAt: NOW },
            observedAt: new Date(NOW.getTime() - days * DAY_MS),
          })),
        ),
      ),
    );
    const rules = retentionRules(pricingConfig.parse({}));
    await new RetentionJob({ uow, leases, clock, random: () => 0.5, rules }).execute();
    const rows = await uow.read((tx) =>
      selectRows<{ source: string; n: number }>(
        tx,
        'SELECT source, COUNT(*) AS n FROM raw_price GROUP BY source ORDER BY source',
      ),
    );
    expect(rows.map(({ source, n }) => [source, Number(n)])).toEqual([
      ['primary-report', 1],
      ['spot-price-history', 2],
    ]);
  });
});
