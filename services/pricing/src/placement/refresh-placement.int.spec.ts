import { afterEach, describe, expect, it } from '@jest/globals';
import { AppError } from '@spotopt/kernel';
import { databaseDialects } from '@spotopt/testkit';
import { DAY_MS, FactsWorld, HOUR_MS, NOW } from '../market/facts-world.contract.js';

const M5 = { region: 'us-east-1', instanceType: 'm5.large' };
const M5_XLARGE = { region: 'us-east-1', instanceType: 'm5.xlarge' };
const T3 = { region: 'us-east-1', instanceType: 't3.medium' };
const C5 = { region: 'us-east-1', instanceType: 'c5.large' };
const WEST = { region: 'us-west-2', instanceType: 'm5.large' };

describe.each(databaseDialects())('placement scores on %s', (dialect) => {
  const open: FactsWorld[] = [];

  afterEach(async () => {
    for (const { test } of open.splice(0)) await test.cleanUp();
  });

  async function start(options: Parameters<typeof FactsWorld.open>[1] = {}): Promise<FactsWorld> {
    const world = await FactsWorld.open(dialect, options);
    open.push(world);
    return world;
  }

  const scoreOf = async (world: FactsWorld, poolId: string) =>
    (await world.facts())[poolId]?.placementScore ?? null;

  it('are asked with the neighbours of the type, and belong to a zone', async () => {
    const world = await start();
    await world.watch(M5, WEST);
    await world.read();
    const types = ['m5.2xlarge', 'm5.large', 'm5.xlarge'];
    expect(world.scores.asked).toEqual([
      { region: 'us-east-1', instanceTypes: types, targetCapacity: 1 },
      { region: 'us-west-2', instanceTypes: types, targetCapacity: 1 },
    ]);
    const readAt = NOW.toISOString();
    expect(await scoreOf(world, 'm5.large.us-east-1a')).toEqual({ score: 3, readAt });
    expect(await scoreOf(world, 'm5.large.us-east-1b')).toEqual({ score: 9, readAt });
    expect(await scoreOf(world, 'm5.large.us-west-2a')).toEqual({ score: 6, readAt });
  });

  it('are read hourly, once for types that share a question', async () => {
    const world = await start();
    await world.watch(M5, M5_XLARGE);
    await world.read();
    await world.clock.advance(HOUR_MS - 1);
    await world.read();
    expect(world.scores.asked).toHaveLength(1);
    expect(await scoreOf(world, 'm5.xlarge.us-east-1b')).toMatchObject({ score: 9 });
    world.scores.scoreByZone.delete('us-east-1a');
    await world.clock.advance(1);
    await world.read();
    expect(world.scores.asked).toHaveLength(2);
    // AWS ranks only some zones: the others are unknown, not bad.
    expect(await scoreOf(world, 'm5.large.us-east-1a')).toBeNull();
  });

  it('stay with their age when the new questions of a day are used up', async () => {
    const world = await start({ newQuestionsPerDay: 2 });
    await world.watch(C5, M5, T3);
    await world.read();
    expect(world.scores.asked).toHaveLength(2);
    expect(await scoreOf(world, 't3.medium.us-east-1b')).toBeNull();
    for (let hour = 1; hour < 24; hour += 1) {
      await world.clock.advance(HOUR_MS);
      await world.read();
    }
    // The two that were asked before are free.
    expect(world.scores.asked).toHaveLength(2 * 24);
    expect(await scoreOf(world, 't3.medium.us-east-1b')).toBeNull();
    await world.clock.advance(HOUR_MS);
    await world.read();
    expect(await scoreOf(world, 't3.medium.us-east-1b')).toMatchObject({ score: 9 });
    expect(world.problems).toEqual([]);
  });

  it('stay when somebody else of the account used the questions up', async () => {
    const world = await start({ awsAllows: 1 });
    await world.watch(M5);
    await world.read();
    await world.watch(T3);
    await world.clock.advance(HOUR_MS);
    await world.read();
    expect(await scoreOf(world, 't3.medium.us-east-1b')).toBeNull();
    expect(await scoreOf(world, 'm5.large.us-east-1b')).toMatchObject({ score: 9 });
    expect(world.problems).toEqual([]);
    await world.clock.advance(DAY_MS);
    await world.read();
    expect(await scoreOf(world, 't3.medium.us-east-1b')).toMatchObject({ score: 9 });
  });

  it('are unknown, and older ones stay, while AWS does not answer', async () => {
    const world = await start();
    await world.watch(M5);
    await world.read();
    world.scores.failures.always = AppError.transient('throttled', 'slow down');
    await world.clock.advance(HOUR_MS);
    await world.read();
    expect(world.problems).toEqual([{ code: 'throttled', kind: 'placement' }]);
    const score = { score: 9, readAt: NOW.toISOString() };
    expect(await scoreOf(world, 'm5.large.us-east-1b')).toEqual(score);
  });

  it('are asked with known types where it may not be asked what is sold', async () => {
    const world = await start();
    world.offerings.failure = AppError.permanent('access-denied', 'ec2:DescribeInstanceTypeOfferings');
    await world.watch(M5);
    await world.sighted('m5.large.us-east-1a', 0.04);
    await world.read();
    expect(world.scores.asked).toEqual([]);
    await world.sighted('c5.large.us-east-1a', 0.04);
    await world.sighted('m5.xlarge.us-east-1a', 0.08);
    await world.clock.advance(HOUR_MS);
    await world.read();
    expect(world.scores.asked).toMatchObject([{ instanceTypes: ['c5.large', 'm5.large', 'm5.xlarge'] }]);
    expect(await scoreOf(world, 'm5.large.us-east-1a')).toMatchObject({ score: 3 });
  });

  it('of one type that AWS refuses do not keep the others waiting', async () => {
    const world = await start();
    world.scores.failures.next.push(AppError.permanent('parameter-invalid', 'no such type'));
    await world.watch(C5, M5);
    await world.read();
    expect(await scoreOf(world, 'c5.large.us-east-1b')).toBeNull();
    expect(await scoreOf(world, 'm5.large.us-east-1b')).toMatchObject({ score: 9 });
    expect(world.problems).toEqual([{ code: 'parameter-invalid', kind: 'placement' }]);
  });
});
