import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppError, NoFailpoints, UlidIds } from '@spotopt/kernel';
import { databaseDialects, ManualClock, type TestDatabase, testDatabase } from '@spotopt/testkit';
import { pricingService } from '../pricing.module.js';
import { SqlConsolidationJobStore } from './job.store.js';
import { PoolJob, type PoolWork } from './pool-job.js';

const NOW = new Date('2026-11-21T12:00:00.000Z');
const HOUR_MS = 3_600_000;

describe.each(databaseDialects())('a job over all pools on %s', (dialect) => {
  let test: TestDatabase;
  const clock = new ManualClock(NOW);
  const jobs = new SqlConsolidationJobStore();

  beforeAll(async () => {
    test = await testDatabase(dialect, { ...pricingService, service: 'pricing', clock });
  });
  afterAll(() => test.cleanUp());

  function jobOf(work: PoolWork['work']): PoolJob {
    const { uow, outbox } = test.database;
    return new PoolJob(
      { uow, outbox, jobs, clock, ids: new UlidIds(), failpoints: new NoFailpoints() },
      {
        type: 'gaps',
        phases: ['fill'],
        intervalMs: HOUR_MS,
        pools: () => Promise.resolve(['a', 'b', 'c']),
        work,
      },
    );
  }

  const newest = async () => (await test.database.uow.read((tx) => jobs.list(tx, new Date(0), 1)))[0];

  it('leaves out a pool that cannot be done, says so, and does not begin again at once', async () => {
    const done: string[] = [];
    const job = jobOf((poolId) => {
      if (poolId === 'b') return Promise.reject(new Error('b is broken'));
      done.push(poolId);
      return Promise.resolve({ rowsRead: 5 });
    });
    expect(await job.isDue()).toBe(true);
    await job.execute({});
    expect(done).toEqual(['a', 'c']);
    expect(await newest()).toMatchObject({
      status: 'failed',
      error: 'b: b is broken',
      rowsRead: 10,
      poolsDone: 3,
    });
    expect(await job.isDue()).toBe(false);
    await clock.advance(HOUR_MS);
    expect(await job.isDue()).toBe(true);
  });

  it('is continued after an outage with the pool that it had reached', async () => {
    const done: string[] = [];
    let away = true;
    const job = jobOf((poolId) => {
      if (poolId === 'b' && away) return Promise.reject(AppError.transient('database-away', 'no database'));
      done.push(poolId);
      return Promise.resolve({});
    });
    await expect(job.execute({})).rejects.toMatchObject({ code: 'database-away' });
    away = false;
    expect(await job.isDue()).toBe(true);
    await job.execute({});
    expect(done).toEqual(['a', 'b', 'c']);
    expect(await newest()).toMatchObject({ status: 'completed', error: null });
  });

  it('runs once, however many ask for it at the same time', async () => {
    const job = jobOf(() => Promise.resolve({}));
    const ids = await Promise.all([job.request(), job.request(), job.request()]);
    expect(new Set(ids).size).toBe(1);
  });
});
