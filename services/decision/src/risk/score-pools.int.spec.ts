import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type {
  EventData,
  PoolRisk as PoolRiskRpc,
  PoolRiskChangedV1,
  RiskCause,
  RpcRequest,
} from '@spotopt/contracts';
import { type Tx, UlidIds } from '@spotopt/kernel';
import { changeRows, selectRows } from '@spotopt/persistence';
import { databaseDialects, ManualClock, type TestDatabase, testDatabase } from '@spotopt/testkit';
import { decisionService } from '../decision.module.js';
import { priceFeaturesOf, riskOf, riskPartsOf } from '../engine/ports.js';
import { SqlMarkStore } from '../market/mark.store.js';
import { SqlMarketStore } from '../market/market.store.js';
import { markFeaturesOf } from '../market/ports.js';
import { SqlPoolFacts } from './pool-facts.store.js';
import { LossRates, type PoolFacts, type PoolRisk } from './ports.js';
import { ReadRisk } from './read-risk.js';
import { SqlRiskStore } from './risk.store.js';
import { ScorePools } from './score-pools.js';

const NOW = new Date('2026-11-21T12:00:00.000Z');
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const A = 't3.medium.us-east-1a';
const B = 't3.medium.us-east-1b';
const TABLES = [
  ...['pool_risk', 'pool_risk_history', 'market', 'market_pool', 'price_point', 'pool_mark', 'outbox'],
];
const MARKET = { region: 'us-east-1', instanceType: 't3.medium' };
const ALL = { region: null, instanceType: null, label: null, poolIds: null };

/** Every pool is lost as often; null knows of none. */
class SameLossRate extends LossRates {
  constructor(private readonly lossPerHour: number | null) {
    super();
  }

  override read(_tx: Tx, pools: readonly PoolFacts[]): Promise<ReadonlyMap<string, number>> {
    const { lossPerHour } = this;
    return Promise.resolve(
      new Map(lossPerHour === null ? [] : pools.map(({ poolId }) => [poolId, lossPerHour])),
    );
  }
}

describe.each(databaseDialects())('scoring pools on %s', (dialect) => {
  let test: TestDatabase;
  let clock: ManualClock;
  const markets = new SqlMarketStore();
  const marks = new SqlMarkStore();
  const risks = new SqlRiskStore();

  const hoursAgo = (hours: number): Date => new Date(clock.nowMs() - hours * HOUR_MS);

  beforeAll(async () => {
    test = await testDatabase(dialect, { ...decisionService, service: 'decision' });
  });

  afterAll(() => test.cleanUp());

  beforeEach(async () => {
    clock = new ManualClock(NOW);
    await test.database.uow.run(async (tx) => {
      for (const table of TABLES) await changeRows(tx, `DELETE FROM ${table}`);
      for (const poolId of [A, B]) {
        await markets.savePrice(tx, priceOf(poolId, 0.01, hoursAgo(100)));
        await markets.setReadUntil(tx, MARKET, NOW);
      }
    });
  });

  function priceOf(poolId: string, usdPerHour: number, observedAt: Date) {
    const az = poolId.slice(poolId.lastIndexOf('.') + 1);
    return {
      ...{ poolId, az, ...MARKET, usdPerHour, observedAt },
      onDemandUsdPerHour: 0.04,
      onDemandSource: 'catalogue' as const,
      ...{ advisorBucket: null, placementScore: null },
    };
  }

  const scorer = (lossPerHour: number | null = null): ScorePools => {
    const { uow, outbox } = test.database;
    return new ScorePools(
      { uow, outbox, clock, ids: new UlidIds(), facts: new SqlPoolFacts(), risks },
      new SameLossRate(lossPerHour),
    );
  };
  const score = (causes: readonly (readonly [string, RiskCause])[]): Promise<void> =>
    scorer().execute(new Map(causes));
  const stored = (): Promise<PoolRisk[]> => test.database.uow.read((tx) => risks.list(tx, ALL));
  const riskIn = async (poolId: string): Promise<PoolRisk | undefined> =>
    (await stored()).find((risk) => risk.poolId === poolId);
  const interrupt = (poolId: string, id: string, at = clock.now()): Promise<void> =>
    test.database.uow.run(async (tx) => {
      await marks.savePlacement(tx, { ec2InstanceId: `i-${id}`, poolId, mode: 'spot', seenAt: at });
      await marks.addInterruption(tx, { incidentId: id, ec2InstanceId: `i-${id}`, at });
    });
  const rowsOf = <Row extends object>(sql: string): Promise<Row[]> =>
    test.database.uow.read((tx) => selectRows<Row>(tx, sql));
  const told = async (): Promise<EventData<typeof PoolRiskChangedV1>[]> => {
    const rows = await rowsOf<{ envelope: string }>('SELECT envelope FROM outbox ORDER BY seq');
    return rows.map(({ envelope }) => (JSON.parse(envelope) as { data: never }).data);
  };
  const historyRows = (): Promise<{ pool_id: string }[]> => rowsOf('SELECT pool_id FROM pool_risk_history');

  it('scores every known pool, and tells each first score once', async () => {
    await scorer(0.02).all();
    await scorer(0.02).all();
    // 0.3·0 + 0.2/101 + 0.1·0.5
    expect(await stored()).toEqual([
      expect.objectContaining({ poolId: A, score: 0.052, label: 'safe', lossPerHour: 0.02, version: 1 }),
      expect.objectContaining({ poolId: B, confidence: 0.6, cause: 'schedule', watchedSince: NOW }),
    ]);
    expect((await told()).map((data) => [data.poolId, data.previousScore, data.score])).toEqual([
      [A, null, 0.052],
      [B, null, 0.052],
    ]);
    expect(await historyRows()).toHaveLength(2);
  });

  it('sees what a decision sees', async () => {
    await test.database.uow.run(async (tx) => {
      const hours = [700, 400, 30, 23, 11, 5.9, 0.2];
      for (const [index, hour] of hours.entries()) {
        await markets.savePrice(tx, priceOf(A, 0.01 + 0.002 * (index % 3), hoursAgo(hour)));
      }
    });
    await interrupt(A, 'old', hoursAgo(800));
    await interrupt(A, 'young', hoursAgo(9));
    await scorer().all();
    const since = hoursAgo(30 * 24);
    const { points, seen } = await test.database.uow.read(async (tx) => ({
      points: await markets.listPoints(tx, [A], since),
      seen: await marks.listMarks(tx, [A], since),
    }));
    const series = points.map(({ at, usdPerHour }) => ({ atMs: at.getTime(), usdPerHour }));
    const { interruptions, quietHours } = markFeaturesOf(seen, points[0]?.at ?? null, NOW);
    const facts = { interruptions30d: interruptions, quietHours, ...priceFeaturesOf(series, NOW.getTime()) };
    expect(facts.volatility24h).toBeGreaterThan(0.05);
    expect((await riskIn(A))?.score).toBeCloseTo(riskOf(riskPartsOf(facts)), 4);
    expect(await riskIn(A)).toMatchObject({ watchedSince: hoursAgo(800), parts: { age: 0.1 } });
  });

  it('rises with an interruption, tells it with its cause, and keeps both in the history', async () => {
    await scorer().all();
    await clock.advance(MINUTE_MS);
    await interrupt(A, 'one');
    await score([[A, 'interruption']]);
    const after = await riskIn(A);
    // 0.4/30 + 0.2 + 0.05
    expect(after).toMatchObject({ score: 0.2633, cause: 'interruption', version: 2 });
    expect((await told()).slice(2)).toMatchObject([
      { poolId: A, previousScore: 0.052, score: 0.2633, label: 'safe', cause: 'interruption' },
    ]);
    const { pools } = await new ReadRisk(test.database.uow, risks).execute({
      ...ALL,
      poolIds: [A],
      history: { from: hoursAgo(1).toISOString(), to: clock.now().toISOString() },
    });
    expect(pools).toMatchObject([{ poolId: A, history: [{ score: 0.052 }, { score: 0.2633 }] }]);
  });

  it('writes no history while nothing changes, but once an hour', async () => {
    await scorer().all();
    for (let minutes = 0; minutes < 60; minutes += 15) {
      await clock.advance(15 * MINUTE_MS);
      await scorer().all();
    }
    expect(await historyRows()).toHaveLength(4);
    expect(await riskIn(A)).toMatchObject({ scoredAt: clock.now() });
    expect(await told()).toHaveLength(2);
  });

  it('loses no mark where several processes score the same pool at the same time', async () => {
    await scorer().all();
    await clock.advance(MINUTE_MS);
    await Promise.all(
      Array.from({ length: 5 }, async (_, index) => {
        await interrupt(A, `incident-${String(index)}`);
        await score([[A, 'interruption']]);
      }),
    );
    await score([[A, 'schedule']]);
    const after = await riskIn(A);
    expect(after?.parts.interruptions).toBeCloseTo(5 / 30, 3);
    const history = await historyRows();
    expect(history.filter((row) => row.pool_id === A).length).toBeLessThanOrEqual(after?.version ?? 0);
  });

  it('adds a pool once where several processes see it first', async () => {
    await Promise.all([scorer().all(), scorer().all(), scorer().all()]);
    expect(await stored()).toHaveLength(2);
    expect(await told()).toHaveLength(2);
  });

  it('filters, the riskiest first', async () => {
    for (let index = 0; index < 12; index += 1) await interrupt(B, `b${String(index)}`);
    await scorer().all();
    const read = new ReadRisk(test.database.uow, risks);
    const idsOf = async (filter: Partial<RpcRequest<typeof PoolRiskRpc>>) =>
      (await read.execute({ ...ALL, history: null, ...filter })).pools.map(({ poolId }) => poolId);
    expect(await idsOf({})).toEqual([B, A]);
    expect(await idsOf({ label: 'caution' })).toEqual([B]);
    expect(await idsOf({ label: 'safe' })).toEqual([A]);
    expect(await idsOf({ region: 'eu-west-1' })).toEqual([]);
    expect(await idsOf({ poolIds: [] })).toEqual([]);
  });

  it('scores two hundred pools in one transaction', async () => {
    const poolIds = Array.from({ length: 200 }, (_, index) => `m5.large.us-east-${String(index + 2)}a`);
    await test.database.uow.run(async (tx) => {
      for (const poolId of poolIds) {
        await markets.savePrice(tx, { ...priceOf(poolId, 0.02, NOW), instanceType: 'm5.large' });
      }
    });
    const reads = jest.spyOn(test.database.uow, 'read');
    const writes = jest.spyOn(test.database.uow, 'run');
    await scorer().all();
    // One for the list of pools, then one of each for 200 pools.
    expect(reads).toHaveBeenCalledTimes(3);
    expect(writes).toHaveBeenCalledTimes(2);
    reads.mockRestore();
    writes.mockRestore();
    expect(await stored()).toHaveLength(202);
  });
});
