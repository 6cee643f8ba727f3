import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AppError } from '@spotopt/kernel';
import { PoolCatalogue } from '@spotopt/contracts';
import { databaseDialects } from '@spotopt/testkit';
import { DAY_MS, FactsWorld, HOUR_MS, NOW } from '../market/facts-world.contract.js';

const EAST = { region: 'us-east-1', instanceType: 'm5.large' };
const WEST = { region: 'us-west-2', instanceType: 'm5.large' };
const T3 = { region: 'us-east-1', instanceType: 't3.medium' };
const A = 'm5.large.us-east-1a';
const B = 'm5.large.us-east-1b';
const W = 'm5.large.us-west-2a';
const adviceOf = (region: string, bucket: number, label: string) => ({
  ...{ region, instanceType: 'm5.large', bucket, label },
  savingsPercent: 61,
});

describe.each(databaseDialects())('the pool catalogue on %s', (dialect) => {
  let world: FactsWorld;

  beforeEach(async () => {
    world = await FactsWorld.open(dialect);
    world.advisor.entries = [adviceOf('us-east-1', 0, '<5%'), adviceOf('us-west-2', 4, '>20%')];
    await world.sighted(A, 0.04, new Date(NOW.getTime() - HOUR_MS));
    await world.sighted(W, 0.05);
    await world.sighted('t3.medium.us-east-1a', 0.01);
  });

  afterEach(async () => {
    await world.test.cleanUp();
  });

  it('has everything that is known of every region, in the shape of its contract', async () => {
    world.priceList.set('us-east-1', 'm5.large', 0.0965);
    await world.watch(EAST, WEST, T3);
    await world.read();
    const facts = await world.facts();
    expect(() => PoolCatalogue.response.parse({ pools: Object.values(facts) })).not.toThrow();
    const at = NOW.toISOString();
    expect(facts[A]).toEqual({
      ...{ poolId: A, name: 'm5.large (us-east-1a)', region: 'us-east-1', az: 'us-east-1a' },
      instanceType: 'm5.large',
      spotUsdPerHour: 0.04,
      source: 'spot-price-history',
      observedAt: new Date(NOW.getTime() - HOUR_MS).toISOString(),
      confirmedAt: new Date(NOW.getTime() - HOUR_MS).toISOString(),
      onDemandUsdPerHour: 0.0965,
      onDemandSource: 'price-list',
      onDemandAsOf: at,
      offered: true,
      advisor: { bucket: 0, label: '<5%', savingsPercent: 61, readAt: at },
      placementScore: { score: 3, readAt: at },
      interruptions: {
        h24: { count: 0, instanceHours: 10, perInstanceDay: 0 },
        d7: { count: 0, instanceHours: 10, perInstanceDay: 0 },
        d30: { count: 0, instanceHours: 10, perInstanceDay: 0 },
      },
      boot: null,
    });
    expect(facts[W]).toMatchObject({
      onDemandSource: 'catalogue',
      advisor: { bucket: 4, label: '>20%' },
      placementScore: { score: 6 },
    });
    // A type that the advisor does not mention is unknown.
    expect(facts['t3.medium.us-east-1a']?.advisor).toBeNull();
  });

  it('is narrowed by region, type and pool', async () => {
    await world.watch(EAST, WEST, T3);
    await world.read();
    const idsOf = async (filter: Parameters<FactsWorld['facts']>[0]) =>
      Object.keys(await world.facts(filter));
    expect(await idsOf({ region: 'us-west-2' })).toEqual([W]);
    expect(await idsOf({ instanceType: 'm5.large' })).toEqual([A, B, W]);
    expect(await idsOf({ region: 'us-east-1', instanceType: 'm5.large' })).toEqual([A, B]);
    expect(await idsOf({ poolIds: [B, W, 'x9.huge.us-east-1a'] })).toEqual([B, W]);
    expect(await idsOf({ poolIds: [] })).toEqual([]);
    const narrowed = await world.facts({ poolIds: [A] });
    expect(narrowed[A]).toEqual((await world.facts())[A]);
  });

  it('takes a later read of the history for a confirmation of the price, and a later report too', async () => {
    await world.watch(EAST);
    const readUntil = new Date(NOW.getTime() - 60_000);
    await world.run((tx) => world.watches.setReadUntil(tx, [EAST], readUntil));
    expect((await world.facts())[A]?.confirmedAt).toBe(readUntil.toISOString());
    await world.sighted(A, 0.04, NOW);
    expect((await world.facts())[A]?.confirmedAt).toBe(NOW.toISOString());
  });

  it('reads the advisor once a day for all regions, and at once for a new one', async () => {
    await world.watch(EAST);
    await world.read();
    await world.clock.advance(DAY_MS - 1);
    await world.read();
    expect(world.advisor.reads).toBe(1);
    await world.watch(WEST);
    await world.read();
    expect(world.advisor.reads).toBe(2);
    world.advisor.entries = [];
    await world.clock.advance(1);
    await world.read();
    expect((await world.facts())[A]?.advisor).toBeNull();
    expect((await world.facts())[W]?.advisor).not.toBeNull();
  });

  it('keeps the last advice while the file cannot be read, and holds up no other fact', async () => {
    await world.watch(EAST);
    await world.read();
    world.advisor.failures.always = AppError.transient('advisor-unavailable', 'HTTP 503');
    world.offerings.failure = AppError.permanent('access-denied', 'ec2:DescribeInstanceTypeOfferings');
    world.priceList.set('us-east-1', 'm5.large', 0.0965);
    await world.clock.advance(DAY_MS);
    await world.read();
    const facts = await world.facts();
    expect(facts[A]?.advisor).toMatchObject({ bucket: 0, readAt: NOW.toISOString() });
    expect(facts[A]?.offered).toBe(true);
    expect(facts[A]?.onDemandUsdPerHour).toBe(0.0965);
    expect(world.problems).toEqual([
      { code: 'access-denied', kind: 'offerings' },
      { code: 'advisor-unavailable', kind: 'advisor' },
    ]);
  });
});
