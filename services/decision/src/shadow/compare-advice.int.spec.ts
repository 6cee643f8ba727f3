import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { databaseDialects, KilledAt } from '@spotopt/testkit';
import { changeRows } from '@spotopt/persistence';
import { StayEngine } from '../engine/ports.js';
import { BuiltinRunner } from '../runtime/builtin-runner.js';
import type { EngineRunner } from '../runtime/ports.js';
import type { Advice } from './advice.js';
import { CompareEngines } from './compare-engines.js';
import { B, HOUR_MS, NOW, ShadowWorld } from './shadow-world.contract.js';

const STAY = new BuiltinRunner(new StayEngine());

const failing: EngineRunner = {
  ref: { engineId: 'upload-1', kind: 'javascript', name: 'mine', version: '3', sha256: 'aa' },
  propose: () => Promise.reject(new Error('no idea')),
  close: () => Promise.resolve(),
};

describe.each(databaseDialects())('advice and what came of it on %s', (dialect) => {
  let world: ShadowWorld;

  beforeEach(async () => {
    world = await ShadowWorld.open(dialect);
  });

  afterEach(() => world.close());

  const stored = (): Promise<Advice[]> =>
    world.uow.read((tx) =>
      world.advice.list(tx, { clientId: null, agentId: null, decisionId: null, limit: 500 }),
    );
  const usdPerHour = async (): Promise<Record<string, number | string>> =>
    Object.fromEntries(
      (await stored()).map(({ engine, outcome }) => [
        engine.name,
        outcome === null
          ? 'open'
          : 'unknown' in outcome
            ? outcome.unknown
            : Number(outcome.cost.usdPerHour.toFixed(6)),
      ]),
    );
  /** A day and an hour later, with all prices read. */
  const later = async (): Promise<void> => {
    await world.read(25);
    await world.clock.advance(25 * HOUR_MS);
  };

  it('is kept once per engine and decision, however often the engines are asked', async () => {
    const decision = await world.decide();
    const askShadows = world.askShadows([STAY, failing]);
    await Promise.all([askShadows.execute(decision), askShadows.execute(decision)]);
    await askShadows.execute(decision);
    const advice = await stored();
    expect(advice.map(({ engine, role }) => [engine.name, role])).toEqual([
      ['seed-rule', 'decided'],
      ['stay', 'shadow'],
      ['mine', 'shadow'],
    ]);
    expect(advice[0]).toMatchObject({
      decisionId: decision.decisionId,
      decidedAt: NOW,
      horizonEndsAt: new Date(NOW.getTime() + 24 * HOUR_MS),
      current: { mode: 'ondemand' },
      advised: { action: 'switch_to_spot', target: { mode: 'spot', poolId: B } },
      outcome: null,
    });
    expect(advice[1]?.advised).toMatchObject({ action: 'stay', expectedUsdPerHour: 0.1 });
    expect(advice[2]).toMatchObject({
      advised: null,
      evaluateAt: null,
      failure: { code: 'engine-failed', message: 'no idea' },
    });
  });

  it('is compared once the horizon is over, with what is known by then', async () => {
    const decision = await world.decide();
    await world.askShadows([STAY, failing]).execute(decision);
    await world.compareAdvice().execute();
    expect(await usdPerHour()).toEqual({ 'seed-rule': 'open', stay: 'open', mine: 'open' });
    await later();
    // These come late: the price changed 12 h after the decision, and the pool took a machine back after 18 h.
    await world.price(B, 0.04, 12);
    await world.takeBack(B, 18);
    await world.compareAdvice().execute();
    const { doubleRunSeconds, oldKeptSeconds, downtimeUsdPerMinute, coldLaunchSeconds, promoteSeconds } =
      decision.observation.economics;
    const machines = 12 * 0.02 + 6 * 0.04 + 6 * 0.1;
    const doubleRun = (0.1 * (doubleRunSeconds + oldKeptSeconds)) / 3600;
    const downtime = ((promoteSeconds + coldLaunchSeconds) / 60) * downtimeUsdPerMinute;
    expect(await usdPerHour()).toEqual({
      'seed-rule': Number(((machines + doubleRun + downtime) / 24).toFixed(6)),
      stay: 0.1,
      mine: 'open',
    });
    const [seedRule, stay] = await stored();
    expect(seedRule).toMatchObject({ evaluatedAt: world.clock.now(), evaluateAt: null });
    const best = (machines + doubleRun + downtime) / 24;
    expect(seedRule?.outcome).toMatchObject({ regretUsdPerHour: 0, happened: null });
    expect(stay?.outcome).toMatchObject({
      regretUsdPerHour: expect.closeTo(0.1 - best, 9) as unknown,
      hindsight: { target: { mode: 'spot', poolId: B }, usdPerHour: expect.closeTo(best, 9) as unknown },
    });
    expect(world.errors).toEqual([]);
  });

  it('waits for prices, and gives up in the end', async () => {
    await world.askShadows([STAY]).execute(await world.decide());
    await world.clock.advance(25 * HOUR_MS);
    await world.compareAdvice().execute();
    expect(await usdPerHour()).toEqual({ 'seed-rule': 'open', stay: 'open' });
    await world.clock.advance(24 * HOUR_MS);
    await world.compareAdvice().execute();
    expect(await usdPerHour()).toEqual({ 'seed-rule': 'prices-not-read', stay: 0.1 });
    expect((await stored())[1]?.outcome).toMatchObject({ hindsight: null, regretUsdPerHour: null });
  });

  it.each([1, 2])('comes out the same when the process is killed at point %s', async (hit) => {
    await world.askShadows([STAY]).execute(await world.decide());
    await later();
    const failpoints = new KilledAt(hit);
    await expect(world.compareAdvice([], failpoints).execute()).rejects.toThrow('killed here');
    const between = await stored();
    expect(between.every(({ evaluatedAt }) => (evaluatedAt === null) === (hit === 1))).toBe(true);
    await world.clock.advance(HOUR_MS);
    const compareAdvice = world.compareAdvice();
    await Promise.all([compareAdvice.execute(), compareAdvice.execute()]);
    const after = await stored();
    expect(after.every(({ outcome }) => outcome !== null)).toBe(true);
    if (hit === 2) expect(after).toEqual(between);
  });

  it('catches up on decisions that no shadow engine was shown', async () => {
    const decision = await world.decide();
    await world.compareAdvice([STAY]).execute();
    expect(await stored()).toEqual([]);
    await world.clock.advance(HOUR_MS / 2);
    await world.compareAdvice([STAY]).execute();
    await world.compareAdvice([STAY, failing]).execute();
    expect((await stored()).map(({ engine, decisionId }) => [engine.name, decisionId])).toEqual([
      ['seed-rule', decision.decisionId],
      ['stay', decision.decisionId],
    ]);
  });

  it('is not guessed when the decision is kept no longer', async () => {
    await world.askShadows([]).execute(await world.decide());
    await world.uow.run((tx) => changeRows(tx, 'DELETE FROM decision'));
    await later();
    await world.compareAdvice().execute();
    expect(await usdPerHour()).toEqual({ 'seed-rule': 'decision-gone' });
  });

  it('says where the workload really was, from one decision to the next', async () => {
    const first = await world.decide();
    await world.askShadows([STAY]).execute(first);
    for (let cycle = 0; cycle < 12; cycle++) {
      await world.clock.advance(2 * HOUR_MS);
      await world.read(2 * (cycle + 1));
      await world.askShadows([]).execute(await world.decide());
    }
    await world.read(25);
    await world.clock.advance(HOUR_MS);
    await world.compareAdvice().execute();
    const advice = await world.uow.read((tx) => world.advice.ofDecisions(tx, [first.decisionId]));
    expect(advice.map(({ outcome }) => outcome)).toEqual([
      expect.objectContaining({
        happened: { machineUsdPerHour: expect.closeTo(0.1, 6) as unknown, changesOfPrimary: 0 },
      }),
      expect.objectContaining({ regretUsdPerHour: expect.any(Number) as unknown }),
    ]);
  });

  it('is compared page by page, within the tenant', async () => {
    for (let decision = 0; decision < 5; decision++) {
      await world.askShadows([STAY, failing]).execute(await world.decide());
      await world.clock.advance(2 * HOUR_MS);
    }
    await later();
    await world.read(35);
    await world.compareAdvice().execute();
    const window = { from: NOW.toISOString(), to: world.clock.now().toISOString() };
    const all = { clientId: 'client-1', agentId: null, ...window };
    const compare = (mostDecisions: number) => new CompareEngines(world.uow, world.advice, { mostDecisions });
    const answer = await compare(100).execute(all);
    expect(answer).toMatchObject({
      champion: { name: 'seed-rule' },
      decisions: 5,
      truncated: false,
      engines: [
        { engine: { name: 'seed-rule' }, champion: true, decided: 5, compared: 5 },
        { engine: { name: 'stay' }, compared: 5, verdict: { conclusion: 'too-little', pairs: 5 } },
        { engine: { name: 'mine' }, compared: 0, failures: 5, realisedUsdPerHour: null },
      ],
    });
    expect(await compare(3).execute(all)).toMatchObject({ decisions: 3, truncated: true });
    expect(await compare(3).execute({ ...all, clientId: 'another' })).toEqual({
      champion: null,
      engines: [],
      decisions: 0,
      truncated: false,
    });
    expect(
      await compare(100).execute({ ...all, from: new Date(NOW.getTime() + HOUR_MS).toISOString() }),
    ).toMatchObject({ decisions: 4 });
    // One answer that comes too late makes nobody else the champion.
    await world.askShadows([]).execute(await world.decide([failing, STAY]));
    const late = { ...all, to: new Date(world.clock.nowMs() + 1).toISOString() };
    expect(await compare(100).execute(late)).toMatchObject({ champion: { name: 'mine' }, decisions: 6 });
  });
});
