import { afterEach, describe, expect, it } from '@jest/globals';
import {
  BacktestChart,
  type BacktestState,
  CancelBacktest,
  GetBacktest,
  ListBacktests,
  PoolCatalogue,
  PriceChanges,
  type RpcRequest,
  StartBacktest,
} from '@spotopt/contracts';
import { AppError, UlidIds } from '@spotopt/kernel';
import type { MessageBus } from '@spotopt/messaging';
import { selectRows } from '@spotopt/persistence';
import { databaseDialects, mulberry32, waitFor } from '@spotopt/testkit';
import { TestService } from '@spotopt/testkit/service';
import { decisionService } from '../decision.module.js';
import { SqlMarkStore } from '../market/mark.store.js';
import { SqlBacktestStore } from './backtest.store.js';

const NOW = new Date('2026-11-21T12:00:00.000Z');
const DAY_MS = 86_400_000;
const A = 'm5.large.us-east-1a';
const B = 'm5.large.us-east-1b';
const FINISHED: readonly BacktestState[] = ['completed', 'failed', 'cancelled'];

const REQUEST: RpcRequest<typeof StartBacktest>['request'] = {
  engines: ['greedy'],
  region: 'us-east-1',
  instanceType: 'm5.large',
  from: new Date(NOW.getTime() - 10 * DAY_MS).toISOString(),
  to: NOW.toISOString(),
  days: null,
  poolIds: null,
  downtimeUsdPerMinute: null,
  onDemandUsdPerHour: null,
  stepSeconds: 300,
};

/** Two pools whose prices cross every now and then. */
function changesOf(poolId: string) {
  const random = mulberry32(poolId === A ? 1 : 2);
  return Array.from({ length: 40 }, (_, index) => ({
    poolId,
    at: new Date(NOW.getTime() - (40 - index) * 6 * 3_600_000).toISOString(),
    usdPerHour: 0.03 + Math.round(random() * 40) / 1000,
    source: 'primary-report' as const,
    confidence: 1,
  }));
}

const CSV = [
  'timestamp,instance_type,az,spot_price',
  ...[A, B].flatMap((poolId) =>
    changesOf(poolId).map(({ at, usdPerHour }) =>
      [at, 'm5.large', poolId.slice(-10), String(usdPerHour)].join(','),
    ),
  ),
].join('\n');

describe.each(databaseDialects())('backtests on %s', (dialect) => {
  const cleanUps: (() => Promise<unknown>)[] = [];

  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });

  /** @param history holds the answer of the owner of prices back */
  async function start(history: () => Promise<void> = () => Promise.resolve()) {
    const asked: RpcRequest<typeof PriceChanges>[] = [];
    const answer = async (outside: MessageBus): Promise<void> => {
      await outside.respond(PriceChanges.method, async (body) => {
        const request = PriceChanges.request.parse(JSON.parse(body));
        asked.push(request);
        await history();
        const isFirst = request.cursor === null;
        return JSON.stringify({ changes: changesOf(isFirst ? A : B), nextCursor: isFirst ? 'next' : null });
      });
      await outside.respond(PoolCatalogue.method, (body) => {
        const { poolIds } = PoolCatalogue.request.parse(JSON.parse(body));
        return Promise.resolve(JSON.stringify({ pools: (poolIds ?? []).map(poolFacts) }));
      });
    };
    const service = await TestService.start(decisionService, { dialect, now: NOW, answer });
    cleanUps.push(() => service.stop());
    const { rpc } = service;
    const begin = async (
      change: Partial<RpcRequest<typeof StartBacktest>['request']> = {},
      more: { clientId?: string | null; prices?: string } = {},
    ): Promise<string> => {
      const { clientId = null, prices = null } = more;
      const answered = await rpc.call(StartBacktest, {
        clientId,
        prices,
        request: { ...REQUEST, ...change },
      });
      return answered.backtest.backtestId;
    };
    const get = async (backtestId: string, clientId: string | null = null) =>
      (await rpc.call(GetBacktest, { clientId, backtestId })).backtest;
    const finished = (backtestId: string) =>
      waitFor(
        async () => {
          const backtest = await get(backtestId);
          return backtest !== null && FINISHED.includes(backtest.state) ? backtest : null;
        },
        { what: 'the end of the backtest', timeoutMs: 15_000 },
      );
    return { service, rpc, asked, begin, get, finished };
  }

  it('replay stored prices, page by page, and the losses that this fleet saw', async () => {
    const { service, rpc, asked, begin, finished } = await start();
    const at = new Date(NOW.getTime() - 5 * DAY_MS);
    await service.database.uow.run(async (tx) => {
      const marks = new SqlMarkStore();
      for (const [index, poolId] of [A, B].entries()) {
        const ec2InstanceId = `i-000${String(index)}`;
        await marks.savePlacement(tx, { ec2InstanceId, poolId, mode: 'spot', seenAt: at });
        await marks.addInterruption(tx, { incidentId: `incident-${String(index)}`, ec2InstanceId, at });
        // It takes no machine away.
        const earlier = new Date(at.getTime() - DAY_MS);
        await marks.savePlacement(tx, {
          ec2InstanceId: `r-${String(index)}`,
          poolId,
          mode: 'spot',
          seenAt: earlier,
        });
        const recommended = {
          incidentId: `recommended-${String(index)}`,
          ec2InstanceId: `r-${String(index)}`,
        };
        await marks.addRecommendation(tx, { ...recommended, at: earlier });
      }
    });
    const backtestId = await begin({ engines: ['greedy', 'seed-rule', 'on-demand'] });
    const backtest = await finished(backtestId);
    expect(backtest).toMatchObject({ state: 'completed', progress: 1, error: null, imported: false });
    expect(asked.map(({ cursor, region, instanceType }) => [cursor, region, instanceType])).toEqual([
      [null, 'us-east-1', 'm5.large'],
      ['next', 'us-east-1', 'm5.large'],
    ]);
    const { result } = backtest;
    expect(result).toMatchObject({ source: 'stored', steps: 2880, poolIds: [A, B] });
    expect(result?.rows.map(({ engine, role }) => [engine, role])).toEqual([
      ['hazard', 'live'],
      ['greedy', 'challenger'],
      ['seed-rule', 'challenger'],
      ['on-demand', 'challenger'],
    ]);
    // Both pools were gone at the same time: whoever ran on spot was interrupted.
    expect(result?.rows[1]?.played?.figures.interruptions).toBe(1);
    expect(result?.rows[3]?.played?.figures).toMatchObject({
      switches: 0,
      interruptions: 0,
      availability: 1,
    });
    const { svg } = await rpc.call(BacktestChart, { clientId: null, backtestId });
    expect(svg).toContain('m5.large, 2 pools');
  });

  it('replay a price file that is sent along, and keep it no longer than needed', async () => {
    const { service, asked, begin, finished } = await start();
    const backtestId = await begin({ from: null, to: null }, { prices: CSV });
    const backtest = await finished(backtestId);
    expect(backtest).toMatchObject({ state: 'completed', imported: true });
    expect(backtest.result).toMatchObject({ source: 'imported', poolIds: [A, B], steps: 2808 });
    expect(asked).toEqual([]);
    const rows = await service.database.uow.read((tx) =>
      selectRows(tx, 'SELECT 1 FROM backtest WHERE prices IS NOT NULL'),
    );
    expect(rows).toEqual([]);
  });

  it('fail with what to do about it', async () => {
    const { begin, finished } = await start();
    const failed = await finished(await begin({ from: null, to: null }, { prices: 'a,b\n1,2' }));
    expect(failed).toMatchObject({ state: 'failed', result: null });
    expect(failed.error).toContain('the price file: the first line must name the columns');
    const other = await finished(await begin({ instanceType: 'r5.large' }));
    expect(other.error).toContain('there are no stored prices of r5.large');
  });

  it('are refused with the field that is wrong', async () => {
    const { begin } = await start();
    const refused = { code: 'invalid-request' };
    await expect(begin({ engines: ['nobody'] })).rejects.toMatchObject({
      ...refused,
      details: { errors: [{ field: 'engines', message: expect.stringContaining('there are: hazard') }] },
    });
    await expect(begin({ from: REQUEST.to, to: REQUEST.from })).rejects.toMatchObject({
      ...refused,
      details: { errors: [{ field: 'from', message: 'must be before to' }] },
    });
  });

  it('are one tenant’s own, five at a time, and can be cancelled while they wait or run', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { rpc, asked, begin, get, finished } = await start(() => held);
    const first = await begin({}, { clientId: 'acme' });
    await waitFor(() => asked[0], { what: 'the backtest to begin' });
    const waiting = await begin({}, { clientId: 'acme' });
    expect(await get(first, 'acme')).toMatchObject({ state: 'running' });
    expect(await get(first, 'other')).toBeNull();
    const cancel = (backtestId: string, clientId: string) =>
      rpc.call(CancelBacktest, { clientId, backtestId });
    expect(await cancel(first, 'other')).toEqual({ backtest: null });
    const more = await Promise.allSettled([1, 2, 3, 4, 5].map(() => begin({}, { clientId: 'acme' })));
    expect(more.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    await expect(begin({}, { clientId: 'acme' })).rejects.toMatchObject({ code: 'too-many-backtests' });
    const ofOther = await begin({}, { clientId: 'other' });
    expect((await cancel(waiting, 'acme')).backtest).toMatchObject({ state: 'cancelled' });
    expect((await cancel(first, 'acme')).backtest).toMatchObject({ state: 'cancelled' });
    release();
    expect(await finished(ofOther)).toMatchObject({ state: 'completed' });
    expect(await get(first)).toMatchObject({ state: 'cancelled', result: null });
    expect(await get(waiting)).toMatchObject({ state: 'cancelled', startedAt: null });
    expect((await cancel(ofOther, 'other')).backtest).toMatchObject({ state: 'completed' });
    const listed = await rpc.call(ListBacktests, { clientId: 'acme', limit: 3 });
    expect(listed.total).toBe(5);
    expect(listed.backtests).toHaveLength(3);
    expect((await rpc.call(ListBacktests, { clientId: null })).total).toBe(6);
  });

  it('are begun again when their process was killed, and given up after the third time', async () => {
    const { service, begin, finished } = await start();
    const store = new SqlBacktestStore();
    const left = async (attempts: number): Promise<string> => {
      const backtestId = new UlidIds().next();
      await service.database.uow.run((tx) =>
        store.add(
          tx,
          {
            ...{ backtestId, clientId: null, state: 'running', progress: 0.4, attempts, request: REQUEST },
            ...{ imported: false, createdAt: NOW, startedAt: NOW, finishedAt: null, error: null },
          },
          null,
        ),
      );
      return backtestId;
    };
    const killed = await left(1);
    const hopeless = await left(3);
    await begin();
    expect(await finished(killed)).toMatchObject({ state: 'completed', progress: 1 });
    const givenUp = await finished(hopeless);
    expect(givenUp).toMatchObject({ state: 'failed', result: null });
    expect(givenUp.error).toContain('given up after 3 attempts; the process that ran it ended each time');
  });

  it('are tried again when the owner of prices does not answer for now', async () => {
    let asks = 0;
    const { begin, finished } = await start(() => {
      asks += 1;
      const error = AppError.transient('database-unavailable', 'the database is away');
      return asks === 1 ? Promise.reject(error) : Promise.resolve();
    });
    const backtestId = await begin();
    await waitFor(() => (asks > 0 ? asks : null), { what: 'the failure' });
    // What is queued next wakes whoever runs them.
    await begin();
    expect(await finished(backtestId)).toMatchObject({ state: 'completed', error: null });
    expect(asks).toBeGreaterThan(1);
  });
});

function poolFacts(poolId: string) {
  const none = { count: 0, instanceHours: 0, perInstanceDay: null };
  return {
    ...{ poolId, name: poolId, region: 'us-east-1', az: poolId.slice(-10), instanceType: 'm5.large' },
    ...{ spotUsdPerHour: null, source: null, observedAt: null, confirmedAt: null },
    ...{ onDemandUsdPerHour: 0.096, onDemandSource: 'catalogue', onDemandAsOf: null, offered: true },
    advisor: { bucket: 1, label: '5-10%', savingsPercent: 60, readAt: NOW.toISOString() },
    ...{ placementScore: null, interruptions: { h24: none, d7: none, d30: none }, boot: null },
  };
}
