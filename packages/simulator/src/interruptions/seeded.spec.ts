import { expect, test } from '@jest/globals';
import { startRegion } from '../running-simulator.contract.js';
import type { SeededSource } from './seeded.js';

const DAY_MS = 86_400_000;

async function lossesOver(
  days: number,
  source: SeededSource,
): Promise<{ losses: string[]; upShare: number }> {
  const { clock, simulator } = await startRegion({ interruptions: [source] });
  const startMs = clock.nowMs();
  await clock.advance(days * DAY_MS);
  const changes = simulator.region.timeline.after(0).filter((entry) => entry.event === 'pool.capacity');
  const isLoss = (entry: (typeof changes)[number]): boolean => entry.detail['available'] === 0;
  const pools = simulator.region.pools.all();
  const downMs = pools.reduce((sum, { id }) => {
    const own = changes.filter((entry) => entry.subject === id);
    return own.reduce((time, entry, index) => {
      const untilMs = own[index + 1]?.atMs ?? startMs + days * DAY_MS;
      return isLoss(entry) ? time + untilMs - entry.atMs : time;
    }, sum);
  }, 0);
  return {
    losses: changes.filter(isLoss).map((entry) => `${entry.atMs} ${entry.subject}`),
    upShare: 1 - downMs / (pools.length * days * DAY_MS),
  };
}

test('the same seed loses the same pools at the same times, another seed others', async () => {
  const source: SeededSource = { kind: 'seeded', profile: 'lively', seed: 3 };
  const { losses } = await lossesOver(3, source);
  expect((await lossesOver(3, source)).losses).toEqual(losses);
  expect((await lossesOver(3, { ...source, seed: 4 })).losses).not.toEqual(losses);
});

test('stress has the availability of the probed zones, a given rate is kept', async () => {
  const { upShare } = await lossesOver(20, { kind: 'seeded', profile: 'stress', seed: 1 });
  expect(upShare).toBeGreaterThan(0.45);
  expect(upShare).toBeLessThan(0.85);
  const rated = await lossesOver(40, { kind: 'seeded', profile: 'typical', seed: 1, lossesPerDay: 1 });
  expect(rated.losses.length).toBeGreaterThan(5 * 40 * 0.7);
  expect(rated.losses.length).toBeLessThan(5 * 40 * 1.2);
});

test('a loss gives notice to the instances of the pool', async () => {
  const setup = await startRegion({
    interruptions: [{ kind: 'seeded', profile: 'lively', seed: 1, lossesPerDay: 100 }],
  });
  const id = await setup.launchRunning();
  await setup.clock.advance(DAY_MS);
  const [instance] = setup.simulator.region.state().instances;
  expect(instance).toMatchObject({ id, state: 'terminated', endCause: 'no-capacity' });
});

test('a pool can have a rate of its own, and none at all', async () => {
  const { losses } = await lossesOver(5, {
    kind: 'seeded',
    profile: 'typical',
    seed: 1,
    lossesPerDay: 0,
    lossesPerDayByPool: { 't3.medium.us-east-1a': 20 },
  });
  expect(losses.length).toBeGreaterThan(20);
  expect(losses.every((loss) => loss.endsWith(' t3.medium.us-east-1a'))).toBe(true);
});
