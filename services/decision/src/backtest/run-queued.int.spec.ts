import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { UlidIds } from '@spotopt/kernel';
import { changeRows } from '@spotopt/persistence';
import { databaseDialects, ManualClock, type TestDatabase, testDatabase } from '@spotopt/testkit';
import { setTimeout as sleep } from 'node:timers/promises';
import { decisionService } from '../decision.module.js';
import { StayEngine } from '../engine/ports.js';
import { randomScenario } from '../replay/replay-samples.contract.js';
import { BuiltinRunner } from '../runtime/builtin-runner.js';
import type { EngineRunner } from '../runtime/ports.js';
import { SqlBacktestStore } from './backtest.store.js';
import type { Backtest } from './ports.js';
import { RunQueued } from './run-queued.js';

const NOW = new Date('2026-11-21T12:00:00.000Z');
const QUEUED: Omit<Backtest, 'backtestId'> = {
  ...{ clientId: null, state: 'queued', progress: 0, attempts: 0, imported: false, error: null },
  ...{ createdAt: NOW, startedAt: null, finishedAt: null },
  request: {
    ...{ engines: ['mine', 'gone'], region: 'us-east-1', instanceType: 'm5.large', stepSeconds: 300 },
    ...{ from: null, to: null, days: null, poolIds: null },
    ...{ downtimeUsdPerMinute: null, onDemandUsdPerHour: null },
  },
};

describe.each(databaseDialects())('backtests in turn on %s', (dialect) => {
  let test: TestDatabase;
  const backtests = new SqlBacktestStore();
  const ids = new UlidIds();
  const scenario = randomScenario(5, { steps: 300, pools: 2, keep: 0.98, up: 0.85 });
  let opened = 0;
  let closed = 0;

  beforeAll(async () => {
    test = await testDatabase(dialect, { ...decisionService, service: 'decision' });
  });
  afterAll(() => test.cleanUp());
  beforeEach(async () => {
    [opened, closed] = [0, 0];
    await test.database.uow.run((tx) => changeRows(tx, 'DELETE FROM backtest'));
  });

  /** @param answerMs of every step */
  function strangerOf(answerMs: number): EngineRunner {
    const inner = new BuiltinRunner(new StayEngine());
    return {
      ref: { ...inner.ref, engineId: 'session-1', name: 'mine' },
      propose: async (observation) => {
        await sleep(answerMs);
        return inner.propose(observation);
      },
      close: () => {
        closed += 1;
        return Promise.resolve();
      },
    };
  }

  async function play(
    engines: readonly string[],
    answerMs: number,
    runMs?: number,
  ): Promise<Backtest | null> {
    const { uow } = test.database;
    const backtestId = ids.next();
    const openApart = async (name: string): Promise<EngineRunner | null> => {
      if (name === 'gone') return null;
      opened += 1;
      await sleep(20);
      return strangerOf(answerMs);
    };
    await uow.run((tx) =>
      backtests.add(
        tx,
        { ...QUEUED, backtestId, request: { ...QUEUED.request, engines: [...engines] } },
        null,
      ),
    );
    const run = new RunQueued({
      ...{ uow, backtests, clock: new ManualClock(NOW) },
      engines: { runnerOf: openApart, openApart, liveEngine: () => 'mine' },
      loadHistory: { execute: () => Promise.resolve({ scenario, notes: [] }) },
      ...(runMs === undefined ? {} : { runMs }),
    });
    await run.execute({ signal: new AbortController().signal, guard: () => Promise.resolve() });
    return uow.read((tx) => backtests.find(tx, null, backtestId));
  }

  it('end what takes too long, and say what to do', async () => {
    const ended = await play(['mine'], 5, 200);
    expect(ended).toMatchObject({
      state: 'failed',
      error: expect.stringMatching(/^ended at \d+ % after 0 min: choose a shorter window/),
    });
    expect([opened, closed]).toEqual([1, 1]);
    expect(await play(['seed-rule'], 0)).toMatchObject({ state: 'completed' });
  });

  it('close every engine, also when another one is refused', async () => {
    expect(await play(['mine', 'gone'], 0)).toMatchObject({
      state: 'failed',
      error: expect.stringContaining('there is no engine gone'),
    });
    expect([opened, closed]).toEqual([1, 1]);
  });
});
