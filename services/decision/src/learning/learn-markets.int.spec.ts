import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { changeRows } from '@spotopt/persistence';
import { databaseDialects, ManualClock, type TestDatabase, testDatabase } from '@spotopt/testkit';
import { decisionService } from '../decision.module.js';
import { SqlMarkStore } from '../market/mark.store.js';
import { SqlMarketStore } from '../market/market.store.js';
import { SqlPriorStore } from '../priors/priors.store.js';
import type { Learned, Learner, MarketSample } from '../engine/learner.js';
import { LearnMarkets } from './learn-markets.js';
import { SqlLearningStore } from './learning.store.js';

const NOW = new Date('2026-11-21T12:02:00.000Z');
const HOUR_MS = 3_600_000;
const MARKET = { region: 'us-east-1', instanceType: 't3.medium' };
const B = 't3.medium.us-east-1b';
const before = (hours: number): Date => new Date(NOW.getTime() - hours * HOUR_MS);

/** Remembers what it was shown. */
class Diary implements Learner {
  readonly samples: MarketSample[] = [];

  learn(known: Learned, sample: MarketSample): Learned {
    this.samples.push(sample);
    const market = {
      at: sample.at,
      priorFactor: 1,
      losses: 0,
      hoursUp: 0,
      allLosses: 0,
      priceLosses: 0,
      returned: 0,
      away: 0,
    };
    return { market, pools: known.pools };
  }
}

describe.each(databaseDialects())('learning markets on %s', (dialect) => {
  let test: TestDatabase;
  let clock = new ManualClock(NOW);
  const markets = new SqlMarketStore();
  const marks = new SqlMarkStore();
  const learnings = new SqlLearningStore();
  const priors = new SqlPriorStore();

  beforeAll(async () => {
    test = await testDatabase(dialect, { ...decisionService, service: 'decision', clock });
  });
  afterAll(() => test.cleanUp());

  beforeEach(async () => {
    clock = new ManualClock(NOW);
    await test.database.uow.run(async (tx) => {
      for (const table of ['market', 'market_pool', 'price_point', 'pool_mark', 'market_learning']) {
        await changeRows(tx, `DELETE FROM ${table}`);
      }
      await markets.setReadUntil(tx, MARKET, NOW);
      await markets.setRefreshed(tx, MARKET, NOW);
      await price(0.0125, 3);
      await price(0.05, 1);
      await marks.addLaunchFailure(tx, { id: 'failure-1', poolId: B, at: before(2) });

      async function price(usdPerHour: number, hoursAgo: number): Promise<void> {
        await markets.savePrice(tx, {
          ...{ ...MARKET, poolId: B, az: 'us-east-1b', usdPerHour, observedAt: before(hoursAgo) },
          ...{ onDemandUsdPerHour: 0.0416, onDemandSource: 'catalogue', advisorBucket: 2, placementScore: 7 },
        });
      }
    });
  });

  const learnWith = (learner: Learner, learnerName = 'diary 1'): Promise<void> =>
    new LearnMarkets({
      uow: test.database.uow,
      clock,
      markets,
      marks,
      learnings,
      learner,
      learnerName,
      priors,
    }).execute();
  const stored = () => test.database.uow.read((tx) => learnings.find(tx, MARKET));

  it('shows all that is stored every five minutes, with what took the pool away', async () => {
    const diary = new Diary();
    await learnWith(diary);
    expect(diary.samples).toHaveLength(36);
    // News of the last minutes may still be on its way.
    expect(diary.samples.at(-1)?.at).toBe(Date.parse('2026-11-21T11:55:00Z') / 1000);
    const states = diary.samples.map(({ pools }) => pools[0]?.available ?? null);
    expect(states[0]).toBeNull();
    // From the refusal at 10:02 for half an hour, and from 11:02 on above the on-demand price.
    const down = diary.samples.flatMap(({ at, pools }) =>
      pools[0]?.available === false ? [new Date(at * 1000).toISOString().slice(11, 16)] : [],
    );
    expect(down.slice(0, 6)).toEqual(['10:05', '10:10', '10:15', '10:20', '10:25', '10:30']);
    expect(down[6]).toBe('11:05');
    expect(diary.samples[5]?.pools).toEqual([
      {
        ...{ poolId: B, az: 'us-east-1b', instanceType: 't3.medium', advisorBucket: 2, available: true },
        placementScore: 7,
        ...{ usdPerHour: 0.0125, onDemandUsdPerHour: 0.0416 },
      },
    ]);
  });

  it('waits until the past of the market was fetched', async () => {
    await test.database.uow.run((tx) => changeRows(tx, 'UPDATE market SET refreshed_at = NULL'));
    const diary = new Diary();
    await learnWith(diary);
    expect([diary.samples, await stored()]).toEqual([[], null]);
  });

  it('goes on where it stopped, and anew with another learner', async () => {
    await learnWith(new Diary());
    expect((await stored())?.learnedUntil).toEqual(new Date('2026-11-21T11:55:00.000Z'));
    const again = new Diary();
    await learnWith(again);
    expect(again.samples).toEqual([]);
    await clock.advance(9 * 60_000);
    await learnWith(again);
    expect(again.samples).toEqual([]);
    await test.database.uow.run((tx) => markets.setReadUntil(tx, MARKET, clock.now()));
    await learnWith(again);
    expect(again.samples.map(({ at }) => new Date(at * 1000).toISOString().slice(11, 16))).toEqual([
      '12:00',
      '12:05',
    ]);
    const other = new Diary();
    await learnWith(other, 'diary 2');
    expect(other.samples.length).toBeGreaterThan(36);
  });

  it('is the same when several processes learn at the same time', async () => {
    await Promise.all([learnWith(new Diary()), learnWith(new Diary()), learnWith(new Diary())]);
    expect(await stored()).toMatchObject({ version: 1, learned: { market: { at: 1795262100 } } });
  });
});
