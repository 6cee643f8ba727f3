import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { changeRows } from '@spotopt/persistence';
import { databaseDialects, ManualClock, type TestDatabase, testDatabase } from '@spotopt/testkit';
import { decisionService } from '../decision.module.js';
import { FollowMarket } from './follow-market.js';
import { SqlMarkStore } from './mark.store.js';
import { SqlMarketStore } from './market.store.js';
import { RefreshMarket } from './refresh-market.js';

const T0 = Date.parse('2026-11-21T12:00:00.000Z');
const at = (minute: number): Date => new Date(T0 + minute * 60_000);
const MARKET = { region: 'us-east-1', instanceType: 't3.medium' };
const POOL = 't3.medium.us-east-1a';

describe.each(databaseDialects())('what is told of markets on %s', (dialect) => {
  let test: TestDatabase;
  let told = 0;
  const markets = new SqlMarketStore();
  const marks = new SqlMarkStore();

  beforeAll(async () => {
    test = await testDatabase(dialect, { ...decisionService, service: 'decision' });
  });
  afterAll(() => test.cleanUp());
  beforeEach(async () => {
    await test.database.uow.run(async (tx) => {
      for (const table of ['market', 'pool_mark', 'machine_placement', 'inbox']) {
        await changeRows(tx, `DELETE FROM ${table}`);
      }
    });
  });

  const follow = (): FollowMarket => {
    const { uow, inbox } = test.database;
    const nothing = (): void => undefined;
    return new FollowMarket({ uow, inbox, markets, marks, onPricesRead: nothing, onPoolChanged: nothing });
  };
  const id = (): string => `message-${String((told += 1))}`;
  const market = () => test.database.uow.read((tx) => markets.find(tx, MARKET));

  it('is fetched again after a time in which nothing was read', async () => {
    const read = (minute: number) => follow().pricesRead(id(), [MARKET], at(minute));
    await read(0);
    await test.database.uow.run((tx) => markets.setRefreshed(tx, MARKET, at(0)));
    await read(5);
    await read(3);
    expect(await market()).toMatchObject({ readUntil: at(5), refreshedAt: at(0) });
    await read(66);
    expect(await market()).toMatchObject({ readUntil: at(66), refreshedAt: null });
  });

  it('does not count as fetched what was asked for before the gap was known', async () => {
    await follow().pricesRead(id(), [MARKET], at(0));
    const price = {
      ...{ ...MARKET, poolId: POOL, az: 'us-east-1a', usdPerHour: 0.01, observedAt: at(0) },
      ...{ onDemandUsdPerHour: null, onDemandSource: null, advisorBucket: null, placementScore: null },
    };
    let onAsked = async (): Promise<void> => follow().pricesRead(id(), [MARKET], at(500));
    const refresh = new RefreshMarket({
      ...{ uow: test.database.uow, clock: new ManualClock(at(500)), markets },
      pricing: {
        currentPrices: async () => {
          await onAsked();
          return [price];
        },
        priceChanges: () => Promise.resolve([]),
      },
    });
    await refresh.execute(MARKET);
    expect(await market()).toMatchObject({ readUntil: at(500), refreshedAt: null });
    onAsked = () => Promise.resolve();
    await refresh.missing();
    expect(await market()).toMatchObject({ readUntil: at(500), refreshedAt: at(500) });
    onAsked = () => Promise.reject(new Error('not asked again'));
    await refresh.missing();
  });

  it('keeps how a machine was bought, and lays its interruption to its pool', async () => {
    const placed = (mode: string, minute: number) =>
      follow().machinesPlaced(id(), [{ ec2InstanceId: 'i-1', poolId: POOL, mode, seenAt: at(minute) }]);
    await placed('unknown', 0);
    await follow().interrupted(id(), { incidentId: 'incident-1', ec2InstanceId: 'i-1', at: at(1) });
    const marked = () => test.database.uow.read((tx) => marks.listMarks(tx, [POOL], at(0)));
    expect(await marked()).toEqual([]);
    await placed('spot', 2);
    await placed('unknown', 0);
    expect(await marked()).toMatchObject([{ poolId: POOL, kind: 'interruption' }]);
    expect(await test.database.uow.read((tx) => marks.spotPoolOf(tx, 'i-1'))).toBe(POOL);
  });
});
