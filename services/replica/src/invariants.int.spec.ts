import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Tx } from '@spotopt/kernel';
import { changeRows, selectRows } from '@spotopt/persistence';
import { type DatabaseDialect, databaseDialects } from '@spotopt/testkit';
import { TypeormFleetStore } from './fleet/fleet.store.js';
import type { Agent, AgentPatch, FleetStore } from './fleet/index.js';
import { isCrash, WatchedUnitOfWork } from './testing/invariants.contract.js';
import { RandomFleet } from './testing/random-fleet.contract.js';
import { ReplicaWorld } from './testing/replica-world.contract.js';

const SEQUENCES: Record<DatabaseDialect, number> = { sqlite: 300, mysql: 25 };
const STEPS = 40;
const LIMIT_MS = 180_000;

interface Watched {
  readonly world: ReplicaWorld;
  readonly watch: WatchedUnitOfWork;
}

async function watched(dialect: DatabaseDialect, fleet?: FleetStore): Promise<Watched> {
  let watch: WatchedUnitOfWork | null = null;
  const world = await ReplicaWorld.open(dialect, {
    unitOfWork: (real) => (watch = new WatchedUnitOfWork(real)),
    ...(fleet === undefined ? {} : { fleet }),
  });
  if (watch === null) throw new Error('nothing is watched');
  return { world, watch };
}

/** @returns what was violated first, with the story that led there */
async function breachIn({ world, watch }: Watched, seed: number): Promise<string | null> {
  watch.forget();
  await world.clear();
  watch.forget();
  const fleet = new RandomFleet(world, watch, seed);
  await fleet.play(STEPS);
  const [breach = await unfinished(world, fleet)] = watch.violations;
  return breach === undefined ? null : `seed ${String(seed)}: ${breach} after ${fleet.log.join(', ')}`;
}

/** What goes on for ever, or cannot go on, once nothing happens any more. */
async function unfinished(world: ReplicaWorld, fleet: RandomFleet): Promise<string | undefined> {
  await fleet.calmDown();
  const running = await world.deps.uow.read((tx) => world.switches.listRunning(tx));
  const failure = world.failures.find((error) => !isCrash(error));
  if (failure instanceof Error) return `a switch cannot go on: ${failure.message}`;
  return running.length === 0 ? undefined : `${String(running.length)} switches go on for ever`;
}

describe.each(databaseDialects())('the fleet on %s, whatever happens in whatever order', (dialect) => {
  let parts: Watched;

  beforeAll(async () => {
    parts = await watched(dialect);
  });
  afterAll(() => parts.world.test.cleanUp());

  it(
    'has one primary at most, rising epochs, ends no machine that it needs, and comes to rest',
    async () => {
      let promotions = 0;
      for (let seed = 1; seed <= SEQUENCES[dialect]; seed += 1) {
        expect(await breachIn(parts, seed)).toBeNull();
        const agents = await parts.world.cases.manage.list({ clientId: null, includeDeleted: true });
        promotions += agents.agents.reduce((sum, agent) => sum + agent.epoch - 1, 0);
      }
      // The sequences must reach what they are about.
      expect(promotions).toBeGreaterThan(SEQUENCES[dialect] / 2);
    },
    LIMIT_MS,
  );
});

/** Forgets to raise the epoch with a change of primary. */
class WithoutEpochs extends TypeormFleetStore {
  override updateAgent(tx: Tx, agent: Agent, patch: AgentPatch): Promise<Agent> {
    return super.updateAgent(tx, agent, { ...patch, epoch: agent.epoch });
  }
}

describe('the same sequences show', () => {
  async function firstBreach(parts: Watched): Promise<string | null> {
    for (let seed = 1; seed <= 60; seed += 1) {
      const breach = await breachIn(parts, seed);
      if (breach !== null) return breach;
    }
    return null;
  }

  it(
    'that the unique index is gone',
    async () => {
      const parts = await watched('sqlite');
      await parts.world.deps.uow.run(async (tx) => {
        const indexes = await selectRows<{ name: string }>(
          tx,
          "SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE '%primary_guard%'",
        );
        expect(indexes).toHaveLength(1);
        for (const { name } of indexes) await changeRows(tx, `DROP INDEX "${name}"`);
      });
      expect(await firstBreach(parts)).toContain('has two primaries');
      await parts.world.test.cleanUp();
    },
    LIMIT_MS,
  );

  it(
    'that the epoch does not rise',
    async () => {
      const parts = await watched('sqlite', new WithoutEpochs());
      expect(await firstBreach(parts)).toContain('without a new epoch');
      await parts.world.test.cleanUp();
    },
    LIMIT_MS,
  );
});
