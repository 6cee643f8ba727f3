import { afterEach, describe, expect, it } from '@jest/globals';
import { databaseDialects, mulberry32 } from '@spotopt/testkit';
import { ModelsWorld } from './models-world.contract.js';
import { RandomRollouts } from './random-rollouts.contract.js';
import { RolloutInvariants } from './rollout-invariants.contract.js';
import { archived, isOver, moved, newSession, SESSION_STATES } from './session.js';
import { activated, firstSlots, swapped, type Slots } from './slots.js';

const NOW = new Date('2026-11-21T12:00:00.000Z');
const ref = (engineId: string) => ({
  ...{ engineId, kind: 'builtin' as const, name: engineId, version: '1', sha256: null },
});

describe('the life of an upload', () => {
  const session = newSession({
    ...{ sessionId: 's1', sessionType: 'models' as const, uploadedBy: 'admin', createdAt: NOW },
  });

  it('goes one way, but for live and fallback', () => {
    const life = ['uploaded', 'validated', 'live', 'fallback', 'live', 'fallback', 'archived'] as const;
    const end = life.reduce((before, state) => moved(before, state), session);
    expect(isOver(end)).toBe(true);
    for (const state of SESSION_STATES.states()) {
      expect(() => moved(end, state)).toThrow('cannot go from archived');
    }
  });

  it('never goes live without a validation, and never ends while it is live', () => {
    const uploaded = moved(session, 'uploaded');
    expect(() => moved(uploaded, 'live')).toThrow('model session cannot go from uploaded to live');
    const live = moved(moved(uploaded, 'validated'), 'live');
    expect(() => archived(live, false)).toThrow('cannot go from live to archived');
  });

  it('keeps the files of an archived upload for its shadow only', () => {
    const fallback = moved(moved(moved(moved(session, 'uploaded'), 'validated'), 'live'), 'fallback');
    expect(archived(fallback, true).filesState).toBe('kept');
    expect(archived(fallback, false).filesState).toBe('leaving');
  });
});

describe('the slots', () => {
  it.each([1, 2, 3])('have one live engine and another fallback, whatever is done to them (%d)', (seed) => {
    const random = mulberry32(seed);
    let slots: Slots = firstSlots(ref('a'), null, NOW);
    for (let step = 0; step < 200; step += 1) {
      const before = slots;
      const engine = ref(String.fromCharCode(97 + Math.floor(random() * 5)));
      const next =
        random() < 0.5 && engine.engineId !== slots.live.engine.engineId
          ? activated(slots, engine, NOW)
          : swapped(slots, NOW, random() < 0.5 ? 'failed' : null);
      if (next === null) continue;
      slots = next;
      expect(slots.live.engine.engineId).not.toBe(slots.fallback?.engine.engineId);
      expect(slots.fallback?.engine).toEqual(before.live.engine);
      expect(slots.live.failure).toBeNull();
      expect(slots.revision).toBe(before.revision + 1);
    }
  });
});

describe.each(databaseDialects())('random rollouts with kills on %s', (dialect) => {
  let world: ModelsWorld | undefined;

  afterEach(() => world?.stop());

  const seeds = dialect === 'sqlite' ? [1, 2, 3, 4, 5, 6] : [11, 12];

  it.each(seeds)(
    'leave one live engine, whole files and a record of all (seed %d)',
    async (seed) => {
      world = await ModelsWorld.start(dialect);
      const rollouts = new RandomRollouts(world, seed);
      const invariants = new RolloutInvariants(world);
      for (let step = 0; step < 60; step += 1) {
        await rollouts.step();
        const story = rollouts.log.slice(-12).join(', ');
        expect({ seed, story, violations: await invariants.violations() }).toEqual({
          ...{ seed, story, violations: [] },
        });
      }
      expect(rollouts.kills).toBeGreaterThan(2);
      expect((await world.events()).length).toBeGreaterThan(3);
      // Whoever comes after a kill finds engines that can be asked.
      const parts = world.process();
      for (const runner of await parts.roster.inCharge()) expect(runner.ref.name).not.toBe('');
      expect(await parts.readModels.status()).toMatchObject({ loaded: true });
      await parts.liveEngines.close();
    },
    120_000,
  );
});
