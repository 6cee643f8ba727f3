import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { changeRows } from '@spotopt/persistence';
import { databaseDialects, sampleSettings, type TestDatabase, testDatabase } from '@spotopt/testkit';
import { decisionService } from '../decision.module.js';
import { FollowWorkload, type WorkloadMessage } from './follow-workload.js';
import { SqlStandbyStore } from './standby.store.js';
import type { StandbyNews } from './standby.js';
import type { ChangeOfPrimary, WorkloadNews } from './workload.js';
import { SqlWorkloadStore } from './workload.store.js';

const T0 = Date.parse('2026-11-21T12:00:00.000Z');
const at = (minute: number): Date => new Date(T0 + minute * 60_000);
const POOL = 't3.medium.us-east-1a';
const TABLES = ['workload', 'workload_early_news', 'standby', 'change_of_primary', 'inbox'];

const registered = (agentId: string, minute = 0): WorkloadNews => ({
  kind: 'registered',
  at: at(minute),
  registration: {
    ...{ agentId, clientId: 'client-1', region: 'us-east-1', instanceType: 't3.medium', epoch: 1 },
    ...{ settings: sampleSettings({ minSavingsPercent: 30 }), byPrimary: true },
    primary: { ec2InstanceId: 'i-0001', mode: 'spot', poolId: POOL },
  },
});

describe.each(databaseDialects())('what is told of workloads on %s', (dialect) => {
  let test: TestDatabase;
  const workloads = new SqlWorkloadStore();
  const standbys = new SqlStandbyStore();

  beforeAll(async () => {
    test = await testDatabase(dialect, { ...decisionService, service: 'decision' });
  });
  afterAll(() => test.cleanUp());
  beforeEach(() =>
    test.database.uow.run(async (tx) => {
      for (const table of TABLES) await changeRows(tx, `DELETE FROM ${table}`);
    }),
  );

  let messages = 0;
  const message = (agentId: string, ...news: WorkloadNews[]): WorkloadMessage => {
    messages += 1;
    return { messageId: `message-${String(messages)}`, agentId, news };
  };
  const follow = (told: WorkloadMessage): Promise<void> => {
    const { uow, inbox } = test.database;
    return new FollowWorkload({ uow, inbox, workloads, onDue: () => undefined }).execute(told);
  };
  const find = (agentId: string) => test.database.uow.read((tx) => workloads.find(tx, agentId));

  const changed: WorkloadNews = {
    kind: 'settings',
    at: at(2),
    settings: sampleSettings({ minSavingsPercent: 60 }),
  };

  it('holds also when it overtook the registration', async () => {
    await follow(message('a', changed));
    await follow(message('a', { kind: 'deleted', at: at(3) }));
    expect(await find('a')).toBeNull();
    await follow(message('a', registered('a')));
    expect(await find('a')).toMatchObject({ deleted: true, settings: { minSavingsPercent: 60 } });
  });

  it('holds when it comes at the very moment of the registration', async () => {
    const agents = Array.from({ length: 12 }, (_, index) => `agent-${String(index)}`);
    await Promise.all(
      agents.flatMap((id) => [follow(message(id, changed)), follow(message(id, registered(id)))]),
    );
    for (const id of agents) {
      expect(await find(id)).toMatchObject({ settings: { minSavingsPercent: 60 }, settingsAt: at(2) });
    }
  });

  it('is read page by page, the longest overdue first', async () => {
    for (const [index, id] of ['c', 'a', 'b', 'd'].entries()) {
      await follow(message(id, registered(id, Math.min(index, 2))));
    }
    const page = (after?: { nextDecisionAt: Date; agentId: string }) =>
      test.database.uow.read((tx) => workloads.listDue(tx, { now: at(2), limit: 1, after }));
    const seen: string[] = [];
    for (let [next] = await page(); next !== undefined; [next] = await page(next)) seen.push(next.agentId);
    expect(seen).toEqual(['c', 'a', 'b', 'd']);
  });

  it('knows of a switch whose failure is told first which decision it carried out, and when it began', async () => {
    const change = { switchId: 'switch-1', agentId: 'a', decisionId: 'decision-1' };
    const save = (one: Pick<ChangeOfPrimary, 'state' | 'startedAt' | 'endedAt'>) =>
      test.database.uow.run((tx) => workloads.saveChange(tx, { ...change, ...one }));
    await save({ state: 'failed-moved', startedAt: at(5), endedAt: at(5) });
    await save({ state: 'started', startedAt: at(2), endedAt: null });
    const found = await test.database.uow.read((tx) => workloads.findChangeFor(tx, 'decision-1'));
    expect(found).toMatchObject({ state: 'failed-moved', startedAt: at(2), endedAt: at(5) });
    expect(await test.database.uow.read((tx) => workloads.lastChangedAt(tx, 'a'))).toEqual(at(5));
  });

  it('takes a primary that was demoted for a standby, whatever it was before and in whatever order', async () => {
    const news: [StandbyNews['step'], number][] = [
      ['requested', 1],
      ['ready', 2],
      ['ended', 3],
      ['demoted', 4],
    ];
    const living = () => test.database.uow.read((tx) => standbys.listLiving(tx, 'b'));
    const tell = (replicaId: string, step: StandbyNews['step'], minute: number) =>
      test.database.uow.run((tx) =>
        standbys.tell(tx, {
          agentId: 'b',
          replicaId,
          mode: 'spot',
          poolId: POOL,
          advised: true,
          step,
          at: at(minute),
        }),
      );
    for (const [index, order] of [news, news.toReversed(), [news[3], news[2]], [news[3]]].entries()) {
      for (const one of order) if (one !== undefined) await tell(`m${String(index)}`, ...one);
    }
    expect((await living()).map(({ replicaId, readyAt }) => [replicaId, readyAt])).toEqual(
      expect.arrayContaining([0, 1, 2, 3].map((index) => [`m${String(index)}`, at(4)])),
    );
    for (const index of [0, 1, 2, 3]) await tell(`m${String(index)}`, 'ended', 6);
    expect(await living()).toEqual([]);
  });

  it('ends a standby, also when its end is told first', async () => {
    const tell = (replicaId: string, step: 'requested' | 'ready' | 'ended', poolId: string | null) =>
      test.database.uow.run((tx) =>
        standbys.tell(tx, { agentId: 'a', replicaId, mode: 'spot', poolId, advised: true, step, at: at(1) }),
      );
    await tell('r1', 'requested', POOL);
    await tell('r1', 'ready', POOL);
    await tell('r2', 'ended', null);
    await tell('r2', 'ready', POOL);
    const living = () => test.database.uow.read((tx) => standbys.listLiving(tx, 'a'));
    expect((await living()).map(({ replicaId }) => replicaId)).toEqual(['r1']);
    await tell('r1', 'ended', null);
    expect(await living()).toEqual([]);
  });
});
