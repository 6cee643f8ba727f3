import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AgentSettings } from '@spotopt/contracts';
import { UlidIds } from '@spotopt/kernel';
import { changeRows, selectRows } from '@spotopt/persistence';
import {
  databaseDialects,
  ManualClock,
  type TestDatabase,
  testDatabase,
  sampleSettings,
} from '@spotopt/testkit';
import { decisionService } from '../decision.module.js';
import { SeedRuleEngine } from '../engine/seed-rule.js';
import { SqlLearningStore } from '../learning/learning.store.js';
import { SqlMarkStore } from '../market/mark.store.js';
import { SqlMarketStore } from '../market/market.store.js';
import { FollowWorkload } from '../workload/follow-workload.js';
import type { ChangeOfPrimary, Workload } from '../workload/ports.js';
import { SqlWorkloadStore } from '../workload/workload.store.js';
import { BuiltinRoster } from '../runtime/builtin-roster.js';
import { BuiltinRunner } from '../runtime/builtin-runner.js';
import { SqlStandbyStore } from '../workload/standby.store.js';
import { DecideWorkload } from './decide-workload.js';
import { SqlDecisionStore } from './decision.store.js';
import { Observe } from './observe.js';
import { ReplayDecision } from './replay-decision.js';
import { SurveyWorkload } from './survey-workload.js';

const NOW = new Date('2026-11-21T12:00:00.000Z');
const MINUTE_MS = 60_000;
const POOL = 't3.medium.us-east-1b';
const TABLES = [
  'workload',
  'change_of_primary',
  'decision',
  'market',
  'market_pool',
  'standby',
  'price_point',
  'outbox',
  'inbox',
];

const settings: AgentSettings = sampleSettings({ autoReplicaEnabled: true });

const workload: Workload = {
  agentId: 'agent-1',
  clientId: 'client-1',
  region: 'us-east-1',
  instanceType: 't3.medium',
  settings,
  settingsAt: NOW,
  online: true,
  onlineAt: NOW,
  deleted: false,
  epoch: 1,
  primary: { ec2InstanceId: 'i-0001', mode: 'ondemand', poolId: 't3.medium.us-east-1a' },
  registeredAt: NOW,
  nextDecisionAt: NOW,
  proposalOpenUntil: null,
  version: 0,
};

describe.each(databaseDialects())('deciding about a workload on %s', (dialect) => {
  let test: TestDatabase;
  const clock = new ManualClock(NOW);
  const workloads = new SqlWorkloadStore();
  const markets = new SqlMarketStore();
  const decisions = new SqlDecisionStore();

  beforeAll(async () => {
    test = await testDatabase(dialect, { ...decisionService, service: 'decision', clock });
  });

  afterAll(() => test.cleanUp());

  beforeEach(async () => {
    await test.database.uow.run(async (tx) => {
      for (const table of TABLES) await changeRows(tx, `DELETE FROM ${table}`);
      await workloads.save(tx, null, workload);
      await markets.savePrice(tx, {
        poolId: POOL,
        region: 'us-east-1',
        az: 'us-east-1b',
        instanceType: 't3.medium',
        usdPerHour: 0.0125,
        observedAt: new Date(NOW.getTime() - 100 * 60 * MINUTE_MS),
        onDemandUsdPerHour: 0.0416,
        onDemandSource: 'catalogue',
        advisorBucket: null,
        placementScore: null,
      });
      await markets.setReadUntil(tx, { region: 'us-east-1', instanceType: 't3.medium' }, NOW);
    });
  });

  const decide = (): DecideWorkload => {
    const { uow, outbox } = test.database;
    const cycleMs = 15 * MINUTE_MS;
    const observe = new Observe(
      { markets, marks: new SqlMarkStore(), learnings: new SqlLearningStore() },
      { cycleMs, maxPriceAgeMs: 60 * MINUTE_MS },
    );
    const survey = new SurveyWorkload({ uow, clock, workloads, standbys: new SqlStandbyStore(), observe });
    const engines = new BuiltinRoster([new BuiltinRunner(new SeedRuleEngine())]);
    return new DecideWorkload(
      { uow, outbox, clock, ids: new UlidIds(), workloads, decisions, survey, engines },
      { cycleMs, proposalMs: 10 * MINUTE_MS, engineTimeoutMs: 1_000 },
    );
  };

  it('makes one decision where several processes try at the same time', async () => {
    const made = await Promise.all(Array.from({ length: 6 }, () => decide().execute('agent-1')));
    expect(made.filter((decision) => decision !== null)).toHaveLength(1);
    const rows = await test.database.uow.read((tx) =>
      selectRows<{ type: string }>(tx, 'SELECT type FROM outbox ORDER BY seq'),
    );
    expect(rows.map(({ type }) => type)).toEqual([
      'spotopt.decision.made.v1',
      'spotopt.decision.switch-proposed.v1',
    ]);
  });

  it.each([
    [[true], true, 'r0'],
    [[false], false, 'r0'],
    [[true, false, true], false, 'r1'],
    [[true, true], true, 'r1'],
  ])('lets an engine judge its own standbys alone: %j', async (advised, standbyAllowed, seen) => {
    const standbys = new SqlStandbyStore();
    await test.database.uow.run(async (tx) => {
      for (const [index, isAdvised] of advised.entries()) {
        const at = new Date(NOW.getTime() - (advised.length - index) * 3_600_000);
        const one = { replicaId: `r${String(index)}`, agentId: 'agent-1', mode: 'spot' as const };
        const poolId = `t3.medium.us-east-1${'cde'.charAt(index)}`;
        await standbys.tell(tx, { ...one, poolId, advised: isAdvised, step: 'ready', at });
      }
    });
    const { observation } = (await decide().execute('agent-1')) ?? {};
    expect(observation).toMatchObject({
      standbyAllowed,
      standby: { poolId: `t3.medium.us-east-1${'cde'.charAt(Number(seen.slice(1)))}`, ready: true },
    });
  });

  it('keeps the whole decision as it was made', async () => {
    const made = await decide().execute('agent-1');
    const stored = await test.database.uow.read((tx) => decisions.find(tx, made?.decisionId ?? ''));
    expect(stored).toEqual(made);
    expect(made?.observation.pools).toEqual([
      expect.objectContaining({ poolId: POOL, quietHours: 100, interruptions30d: 0, rising: false }),
    ]);
  });

  it('is made again by an engine that is closed afterwards', async () => {
    const made = await decide().execute('agent-1');
    const rule = new BuiltinRunner(new SeedRuleEngine());
    let closed = 0;
    const close = (): Promise<void> => Promise.resolve(void (closed += 1));
    const apart = { ref: rule.ref, propose: rule.propose.bind(rule), close };
    const { uow } = test.database;
    const engines = new BuiltinRoster([apart]);
    const replay = new ReplayDecision({ uow, decisions, engines, engineTimeoutMs: 1_000 });
    const request = { decisionId: made?.decisionId ?? '', clientId: null };
    expect(await replay.execute(request)).toMatchObject({ identical: true });
    expect(closed).toBe(1);
  });

  it.each([
    ['that is not due', { nextDecisionAt: new Date(NOW.getTime() + 1) }],
    ['that was deleted', { deleted: true }],
    ['that has no primary', { primary: null }],
  ])('says nothing about a workload %s', async (_name, change) => {
    await test.database.uow.run(async (tx) => {
      const known = await workloads.findForChange(tx, 'agent-1');
      await workloads.save(tx, known, { ...(known ?? workload), ...change });
    });
    expect(await decide().execute('agent-1')).toBeNull();
    expect(await decide().execute('nobody')).toBeNull();
  });

  it('counts a change of primary once, and its end even when it comes before its start', async () => {
    const { uow, inbox } = test.database;
    const followWorkload = new FollowWorkload({ uow, inbox, workloads, onDue: () => undefined });
    const change = (state: ChangeOfPrimary['state'], minutesAgo: number): ChangeOfPrimary => ({
      decisionId: null,
      switchId: 'switch-1',
      agentId: 'agent-1',
      state,
      startedAt: new Date(NOW.getTime() - 10 * MINUTE_MS),
      endedAt: state === 'started' ? null : new Date(NOW.getTime() - minutesAgo * MINUTE_MS),
    });
    const tell = (messageId: string, told: ChangeOfPrimary): Promise<void> =>
      followWorkload.execute({ messageId, agentId: 'agent-1', news: [], change: told });
    await tell('finished', change('finished', 5));
    await tell('started', change('started', 10));
    await tell('finished', change('finished', 5));
    const made = await decide().execute('agent-1');
    expect(made?.facts).toMatchObject({
      switchUnderWay: false,
      changesAtMs: [NOW.getTime() - 5 * MINUTE_MS],
    });
    expect(made?.verdict).toEqual({ outcome: 'stay', heldBackBy: ['cooldown'] });
  });
});
