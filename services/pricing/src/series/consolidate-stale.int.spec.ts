import { describe, expect, it } from '@jest/globals';
import { NoFailpoints, UlidIds } from '@spotopt/kernel';
import { databaseDialects, ManualClock, testDatabase } from '@spotopt/testkit';
import { SqlPoolStore } from '../pools/pool.store.js';
import { SqlRawPriceStore } from '../pools/raw-price.store.js';
import { SqlWatchStore } from '../history/watch.store.js';
import { pricingService } from '../pricing.module.js';
import { ConsolidateStale } from './consolidate-stale.js';
import { SqlSeriesStore } from './series.store.js';
import { SqlStaleStore } from './stale.store.js';

describe.each(databaseDialects())('consolidation on a closed %s', (dialect) => {
  it('gives up and says why, although no mark can be worked off one by one either', async () => {
    const clock = new ManualClock(new Date('2026-11-21T12:00:00.000Z'));
    const test = await testDatabase(dialect, { ...pricingService, service: 'pricing', clock });
    const { uow, outbox } = test.database;
    await test.cleanUp();
    const consolidate = new ConsolidateStale({
      ...{ uow, outbox, clock, ids: new UlidIds(), failpoints: new NoFailpoints() },
      pools: new SqlPoolStore(),
      raw: new SqlRawPriceStore(),
      watches: new SqlWatchStore(),
      series: new SqlSeriesStore(),
      stale: new SqlStaleStore(),
    });
    await expect(consolidate.execute()).rejects.toThrow();
  });
});
