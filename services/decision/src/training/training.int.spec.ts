import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { CanonicalRow, TrainingSetView } from '@spotopt/contracts';
import { AppError, type Tx, UlidIds } from '@spotopt/kernel';
import { changeRows } from '@spotopt/persistence';
import { databaseDialects, ManualClock, type TestDatabase, testDatabase } from '@spotopt/testkit';
import { createHash } from 'node:crypto';
import { decisionService } from '../decision.module.js';
import { LearnedLossRates } from '../learning/learned-loss-rates.js';
import { SqlLearningStore } from '../learning/learning.store.js';
import { SqlMarkStore } from '../market/mark.store.js';
import { SqlMarketStore } from '../market/market.store.js';
import { SqlPoolFacts } from '../risk/pool-facts.store.js';
import { SqlRiskStore } from '../risk/risk.store.js';
import { ScorePools } from '../risk/score-pools.js';
import { MAX_ATTEMPTS } from '../queue/queued-job.js';
import { MakeFile } from './make-file.js';
import { FILE_MS, MakeTrainingSets } from './make-training-sets.js';
import { ManageTrainingSets } from './manage-training-sets.js';
import { CanonicalPriceReader } from './ports.js';
import { SqlTrainingSetStore } from './training.store.js';

const NOW = new Date('2026-11-21T12:00:00.000Z');
const HOUR_MS = 3_600_000;
const A = 't3.medium.us-east-1a';
const B = 't3.medium.us-east-1b';
const C = 'm5.large.eu-west-1a';
const TABLES = [
  'training_set',
  'training_set_piece',
  'pool_risk',
  'pool_risk_history',
  'market_pool',
  'pool_mark',
];
const LIST_ALL = { setId: null, limit: 100 };

/** Prices as their owner keeps them: a bucket every five minutes. */
class StoredPrices extends CanonicalPriceReader {
  usdPerHour = 0.01;
  failure: Error | null = null;
  onPage: () => void = () => undefined;

  override async *pages(
    poolId: string,
    { from, until }: { readonly from: Date; readonly until: Date },
    signal?: AbortSignal,
  ): AsyncGenerator<readonly CanonicalRow[]> {
    for (let startMs = from.getTime(); startMs < until.getTime(); startMs += 1_000 * 300_000) {
      await Promise.resolve();
      this.onPage();
      signal?.throwIfAborted();
      if (this.failure !== null) throw this.failure;
      const endMs = Math.min(until.getTime(), startMs + 1_000 * 300_000);
      const times = Array.from(
        { length: Math.ceil((endMs - startMs) / 300_000) },
        (_, i) => startMs + i * 300_000,
      );
      yield times.map((ms) => this.#bucket(poolId, ms));
    }
  }

  #bucket(poolId: string, ms: number): CanonicalRow {
    const isFilled = ms % (50 * 300_000) === 0;
    return {
      ...{
        poolId,
        at: new Date(ms).toISOString(),
        onDemandUsdPerHour: 0.04,
        confidence: isFilled ? 0.85 : 1,
      },
      usdPerHour: this.usdPerHour + (ms % 7) / 1e4 + ((ms / 300_000) % 11) / 1e5,
      ...{ source: isFilled ? 'interpolated' : 'primary-report', method: isFilled ? 'linear' : null },
      ...{ volatility: null, runningInstances: 1, noticeStatus: 'none', terminationReason: null },
      interruptionOccurred: false,
    };
  }
}

describe.each(databaseDialects())('training sets on %s', (dialect) => {
  let test: TestDatabase;
  let clock: ManualClock;
  let prices: StoredPrices;
  const sets = new SqlTrainingSetStore();
  const marks = new SqlMarkStore();
  const risks = new SqlRiskStore();

  beforeAll(async () => {
    test = await testDatabase(dialect, { ...decisionService, service: 'decision' });
  });

  afterAll(() => test.cleanUp());

  beforeEach(async () => {
    clock = new ManualClock(NOW);
    prices = new StoredPrices();
    const { uow, outbox } = test.database;
    await uow.run(async (tx) => {
      for (const table of TABLES) await changeRows(tx, `DELETE FROM ${table}`);
      const markets = new SqlMarketStore();
      for (const poolId of [A, B, C]) {
        const az = poolId.slice(poolId.lastIndexOf('.') + 1);
        await markets.savePrice(tx, {
          ...{ poolId, az, region: az.slice(0, -1), instanceType: poolId.slice(0, poolId.lastIndexOf('.')) },
          ...{ usdPerHour: 0.01, observedAt: NOW, onDemandUsdPerHour: null, onDemandSource: null },
          ...{ advisorBucket: null, placementScore: null },
        });
      }
      await marks.addLaunchFailure(tx, { id: 'm1', poolId: A, at: new Date(NOW.getTime() - 100 * HOUR_MS) });
    });
    const facts = new SqlPoolFacts();
    const losses = new LearnedLossRates(new SqlMarketStore(), new SqlLearningStore());
    await new ScorePools({ uow, outbox, clock, ids: new UlidIds(), facts, risks }, losses).all();
  });

  const manage = (): ManageTrainingSets => {
    const { uow } = test.database;
    return new ManageTrainingSets({ uow, clock, ids: new UlidIds(), sets, risks, onAsked: () => undefined });
  };
  const make = (
    signal = new AbortController().signal,
    guard: (tx: Tx) => Promise<void> = () => Promise.resolve(),
  ) => {
    const { uow } = test.database;
    const makeFile = new MakeFile({ uow, marks, prices });
    return new MakeTrainingSets({ uow, clock, jobs: sets, makeFile }).execute({ signal, guard });
  };
  const ask = async (
    more: Partial<Parameters<ManageTrainingSets['create']>[0]> = {},
  ): Promise<TrainingSetView> => {
    const { set } = await manage().create({
      ...{ name: 'spring', format: 'csv', region: 'us-east-1', instanceTypes: null },
      from: new Date(NOW.getTime() - 240 * HOUR_MS).toISOString(),
      until: NOW.toISOString(),
      ...more,
    });
    return set;
  };
  const view = async (setId: string): Promise<TrainingSetView | undefined> =>
    (await manage().list({ setId, limit: 1 })).sets[0];
  const download = async (setId: string): Promise<Buffer> => {
    const parts: Buffer[] = [];
    for (let number = 0; ; number += 1) {
      const { base64, last } = await manage().piece({ setId, number });
      parts.push(Buffer.from(base64, 'base64'));
      if (last) return Buffer.concat(parts);
    }
  };

  it.each(['csv', 'parquet'] as const)('are made, kept and handed out as %s', async (format) => {
    const asked = await ask({ format });
    expect(asked).toMatchObject({
      version: 1,
      state: 'queued',
      pools: 2,
      asOf: NOW.toISOString(),
      sha256: null,
    });
    await expect(manage().piece({ setId: asked.setId, number: 0 })).rejects.toMatchObject({
      code: 'training-set-without-file',
    });
    await make();
    const made = await view(asked.setId);
    // Two pools, 240 h of twelve buckets, without every fiftieth.
    // The last quarter of an hour has not settled.
    const rows = 2 * (240 * 12 - 3);
    expect(made).toMatchObject({ state: 'completed', progress: 1, reproduced: null, error: null });
    expect((made?.rows ?? 0) + (made?.rowsLeftOut ?? 0)).toBe(rows);
    expect(made?.rowsLeftOut).toBeGreaterThanOrEqual(rows / 50 - 2);
    const file = await download(asked.setId);
    expect(file.length).toBe(made?.bytes);
    expect(createHash('sha256').update(file).digest('hex')).toBe(made?.sha256);
    if (format === 'parquet') return;
    const lines = file.toString().trimEnd().split('\n');
    expect(lines).toHaveLength((made?.rows ?? 0) + 1);
    expect(lines[1]).toContain(`${A},t3.medium,us-east-1,us-east-1a,2026-11-11T12:0`);
    expect(lines.at(-1)).toContain(`${B},t3.medium`);
  });

  it('count up for the same name, and take the pools that fit', async () => {
    const all = await Promise.all([ask(), ask(), ask({ region: null, instanceTypes: ['m5.large'] })]);
    expect(all.map(({ version }) => version).sort()).toEqual([1, 2, 3]);
    expect(all[2]?.pools).toBe(1);
    expect((await manage().list(LIST_ALL)).sets).toHaveLength(3);
  });

  it.each([
    ['a time that ends before it begins', { until: '2026-01-01T00:00:00.000Z' }, 'invalid-training-set'],
    ['a region without pools', { region: 'ap-south-1' }, 'invalid-training-pools'],
  ])('refuse %s', async (_name, more, code) => {
    await expect(ask(more)).rejects.toMatchObject({ code, kind: 'permanent' });
  });

  it('can be made again when the file is gone, and prove to be the same', async () => {
    const { setId } = await ask();
    await make();
    const before = await view(setId);
    await clock.advance(FILE_MS);
    await expect(manage().piece({ setId, number: 0 })).rejects.toMatchObject({
      code: 'training-set-without-file',
    });
    expect((await view(setId))?.fileUntil).toBeNull();
    expect((await manage().remake(setId)).set.state).toBe('queued');
    await expect(manage().remake(setId)).rejects.toMatchObject({ code: 'training-set-not-made' });
    await make();
    const { finishedAt: _finished, fileUntil, ...rest } = (await view(setId)) ?? {};
    expect(rest).toEqual({ ...before, reproduced: true, finishedAt: undefined, fileUntil: undefined });
    expect(fileUntil).toBe(new Date(clock.nowMs() + FILE_MS).toISOString());
    expect((await download(setId)).length).toBe(before?.bytes);
  });

  it('say so when what is stored changed since, and hand out nothing else', async () => {
    const { setId } = await ask();
    await make();
    const before = await view(setId);
    prices.usdPerHour = 0.011;
    await manage().remake(setId);
    await make();
    expect(await view(setId)).toMatchObject({
      ...{
        state: 'completed',
        sha256: before?.sha256,
        rows: before?.rows,
        reproduced: false,
        fileUntil: null,
      },
      error: expect.stringContaining('changed since') as unknown,
    });
    await expect(manage().piece({ setId, number: 0 })).rejects.toMatchObject({ kind: 'permanent' });
  });

  it('start anew after they were cut off, and are the same file then', async () => {
    const { setId } = await ask();
    const stop = new AbortController();
    let pages = 0;
    prices.onPage = () => {
      pages += 1;
      if (pages === 5) stop.abort();
    };
    await make(stop.signal);
    const cut = await view(setId);
    expect(cut).toMatchObject({ state: 'queued', progress: 0 });
    prices.onPage = () => undefined;
    await make();
    const made = await view(setId);
    expect(made).toMatchObject({ state: 'completed' });
    const other = await ask();
    await make();
    expect((await view(other.setId))?.sha256).toBe(made?.sha256);
  });

  it('try again what may pass, but not for ever', async () => {
    const { setId } = await ask();
    prices.failure = AppError.transient('rpc-timeout', 'pricing did not answer');
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      await expect(make()).rejects.toMatchObject({ code: 'rpc-timeout' });
      expect(await view(setId)).toMatchObject({ state: 'running', error: 'pricing did not answer' });
    }
    await make();
    expect(await view(setId)).toMatchObject({ state: 'failed', error: 'pricing did not answer' });
  });

  it('that cannot be made do not stop others', async () => {
    const bad = await ask();
    prices.failure = new Error('broken');
    await make();
    expect(await view(bad.setId)).toMatchObject({ state: 'failed', error: 'broken' });
    prices.failure = null;
    const good = await ask();
    await make();
    expect(await view(good.setId)).toMatchObject({ state: 'completed' });
  });

  it('are not written by a process that lost its right to', async () => {
    const { setId } = await ask();
    const lost = AppError.transient('lease-lost', 'the lease has a new holder');
    await expect(make(undefined, () => Promise.reject(lost))).rejects.toMatchObject({ code: 'lease-lost' });
    expect(await view(setId)).toMatchObject({ state: 'queued' });
  });
});
