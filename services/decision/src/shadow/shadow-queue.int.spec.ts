import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { databaseDialects, waitFor } from '@spotopt/testkit';
import type { Decision } from '../decide/ports.js';
import { SeedRuleEngine } from '../engine/seed-rule.js';
import { BuiltinRunner } from '../runtime/builtin-runner.js';
import type { EngineRunner } from '../runtime/ports.js';
import type { Advice } from './advice.js';
import { ShadowWorld } from './shadow-world.contract.js';
import { ShadowQueue } from './shadow-queue.js';

function shadow(name: string, propose: EngineRunner['propose']): EngineRunner {
  const ref = { engineId: `upload-${name}`, kind: 'javascript' as const, name, version: '1', sha256: 'aa' };
  return { ref, propose, close: () => Promise.resolve() };
}

const stuck = shadow('stuck', () => new Promise(() => undefined));
const crashing = shadow('crashing', () => {
  throw new Error('crashed at once');
});
const meddling = shadow('meddling', (observation) => {
  (observation.pools as unknown[]).length = 0;
  Object.assign(observation, { onDemand: null });
  return Promise.reject(new Error('and gave up'));
});
/** The same rule under another name, to see that it is shown what the others were shown. */
const honest = shadow('honest', (observation) =>
  new BuiltinRunner(new SeedRuleEngine()).propose(observation),
);

describe.each(databaseDialects())('shadow engines that misbehave on %s', (dialect) => {
  let world: ShadowWorld;

  beforeEach(async () => {
    world = await ShadowWorld.open(dialect);
  });

  afterEach(() => world.close());

  const stored = (): Promise<Advice[]> =>
    world.uow.read((tx) =>
      world.advice.list(tx, { clientId: null, agentId: null, decisionId: null, limit: 500 }),
    );

  it('neither delay nor change a decision, and leave a record', async () => {
    let dropped = 0;
    const queue = new ShadowQueue({
      askShadows: world.askShadows([crashing, meddling, stuck, honest], 100),
      capacity: 10,
      concurrency: 1,
      onDropped: () => (dropped += 1),
      onError: world.onError,
    });
    const decision = await world
      .decideWorkload((made) => {
        queue.offer(made);
      })
      .execute('agent-1');
    // The stuck one takes more than a second; nothing is kept before it was given up.
    expect(await stored()).toEqual([]);
    expect(decision).toMatchObject({ engine: { name: 'seed-rule' }, proposal: { action: 'switch_to_spot' } });
    const advice = await waitFor(
      async () => {
        const rows = await stored();
        return rows.length === 5 ? rows : undefined;
      },
      { what: 'what the shadow engines said', timeoutMs: 10_000 },
    );
    expect(
      Object.fromEntries(advice.map(({ engine, failure }) => [engine.name, failure?.code ?? null])),
    ).toEqual({
      'seed-rule': null,
      crashing: 'engine-failed',
      meddling: 'engine-failed',
      stuck: 'engine-timeout',
      honest: null,
    });
    const [champion, ...others] = advice;
    expect(others.find(({ engine }) => engine.name === 'honest')?.advised).toEqual(champion?.advised);
    const kept = await world.uow.read((tx) => world.decisions.find(tx, decision?.decisionId ?? ''));
    expect(kept).toEqual(decision);
    expect([dropped, world.errors]).toEqual([0, []]);
    await queue.onModuleDestroy();
  });
});

describe('the queue before shadow engines', () => {
  const decisionOf = (decisionId: string): Decision => ({ decisionId }) as Decision;

  function open(capacity: number, concurrency: number, broken: readonly string[] = []) {
    const gate = Promise.withResolvers<undefined>();
    const shown: string[] = [];
    const errors: string[] = [];
    const seen = { dropped: 0, running: 0, mostRunning: 0 };
    const queue = new ShadowQueue({
      askShadows: {
        execute: async ({ decisionId }) => {
          seen.running += 1;
          seen.mostRunning = Math.max(seen.mostRunning, seen.running);
          await gate.promise;
          seen.running -= 1;
          shown.push(decisionId);
          if (broken.includes(decisionId)) throw new Error('no database');
        },
      },
      capacity,
      concurrency,
      onDropped: () => (seen.dropped += 1),
      onError: (_error, what) => errors.push(what),
    });
    return { gate, shown, errors, seen, queue };
  }

  it('lets the oldest give way, a few at a time, and goes on after an error', async () => {
    const { gate, shown, errors, seen, queue } = open(3, 2, ['d-2']);
    queue.offer(decisionOf('d-1'));
    queue.offer(decisionOf('d-2'));
    await waitFor(() => seen.running === 2, { what: 'two at a time' });
    for (let index = 3; index <= 8; index++) queue.offer(decisionOf(`d-${String(index)}`));
    expect([seen.dropped, queue.waiting]).toEqual([3, 3]);
    gate.resolve(undefined);
    await waitFor(() => shown.length === 5, { what: 'all that did not give way' });
    expect(shown).toEqual(['d-1', 'd-2', 'd-6', 'd-7', 'd-8']);
    expect(seen.mostRunning).toBe(2);
    expect(errors).toEqual(['what shadow engines say of d-2 could not be kept']);
    queue.offer(decisionOf('d-9'));
    await waitFor(() => shown.includes('d-9'), { what: 'one that came after a pause' });
  });

  it('ends with what is under way', async () => {
    const { gate, shown, seen, queue } = open(3, 1);
    queue.offer(decisionOf('d-1'));
    queue.offer(decisionOf('d-2'));
    await waitFor(() => seen.running === 1, { what: 'the first one' });
    const ended = queue.onModuleDestroy();
    gate.resolve(undefined);
    await ended;
    queue.offer(decisionOf('d-3'));
    expect(shown).toEqual(['d-1']);
  });
});
