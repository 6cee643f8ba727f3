import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AppError } from '@spotopt/kernel';
import { databaseDialects } from '@spotopt/testkit';
import { SqlOnDemandPrices } from './on-demand-prices.store.js';
import { DAY_MS, FactsWorld, HOUR_MS, NOW } from '../market/facts-world.contract.js';

const EAST = { region: 'us-east-1', instanceType: 'm5.large' };
const WEST = { region: 'us-west-2', instanceType: 'm5.large' };
const A = 'm5.large.us-east-1a';
const HISTORY_POOL = 'm5.large.us-east-1c';

describe.each(databaseDialects())('prices of the price list on %s', (dialect) => {
  let world: FactsWorld;

  beforeEach(async () => {
    world = await FactsWorld.open(dialect);
    world.priceList.set('us-east-1', 'm5.large', 0.0965).set('us-west-2', 'm5.large', 0.097);
  });

  afterEach(async () => {
    await world.test.cleanUp();
  });

  const onDemandOf = async (poolId: string) => {
    const facts = (await world.facts())[poolId];
    return [facts?.onDemandUsdPerHour, facts?.onDemandSource, facts?.onDemandAsOf];
  };

  it('replace the catalogue on every pool of a watched market, region by region', async () => {
    await world.sighted(A, 0.04);
    expect(await onDemandOf(A)).toEqual([0.096, 'catalogue', '2023-01-06']);
    await world.watch(EAST, WEST);
    await world.clock.advance(HOUR_MS);
    await world.read();
    const readAt = new Date(NOW.getTime() + HOUR_MS).toISOString();
    expect(await onDemandOf(A)).toEqual([0.0965, 'price-list', readAt]);
    expect(await onDemandOf('m5.large.us-east-1b')).toEqual([0.0965, 'price-list', readAt]);
    expect(await onDemandOf('m5.large.us-west-2a')).toEqual([0.097, 'price-list', readAt]);
    expect(world.priceList.asked).toEqual([
      { region: 'us-east-1', instanceTypes: ['m5.large'] },
      { region: 'us-west-2', instanceTypes: ['m5.large'] },
    ]);
  });

  it('are not overwritten by an estimate, and a pool that appears later has them too', async () => {
    await world.watch(EAST);
    await world.read();
    await world.run((tx) => world.pools.setEstimatedOnDemand(tx, EAST, 0.2));
    await world.sighted(HISTORY_POOL, 0.04);
    expect(await onDemandOf(A)).toEqual([0.0965, 'price-list', NOW.toISOString()]);
    expect(await onDemandOf(HISTORY_POOL)).toEqual([0.0965, 'price-list', NOW.toISOString()]);
  });

  it('replace an estimate of a type that the catalogue does not have', async () => {
    const market = { region: 'us-east-1', instanceType: 'x9.huge' };
    const pool = 'x9.huge.us-east-1a';
    await world.sighted(pool, 0.04);
    await world.run((tx) => world.pools.setEstimatedOnDemand(tx, market, 0.12));
    expect(await onDemandOf(pool)).toEqual([0.12, 'estimated', null]);
    world.priceList.set('us-east-1', 'x9.huge', 0.3);
    await world.watch(market);
    await world.read();
    expect(await onDemandOf(pool)).toEqual([0.3, 'price-list', NOW.toISOString()]);
  });

  it('take the place of an estimate for the whole day on which they are read first', async () => {
    const market = { region: 'us-east-1', instanceType: 'x9.huge' };
    const pool = 'x9.huge.us-east-1a';
    await world.sighted(pool, 0.04);
    await world.run((tx) => world.pools.setEstimatedOnDemand(tx, market, 0.12));
    world.priceList.set('us-east-1', 'x9.huge', 0.3);
    await world.watch(market);
    await world.clock.advance(HOUR_MS);
    await world.read();
    const prices = new SqlOnDemandPrices(world.onDemand);
    const until = (ms: number): Date => new Date(NOW.getTime() + ms);
    const priced = (...span: [Date, Date?]) => world.run((tx) => prices.priceOf(tx, pool, ...span));
    expect(await priced(NOW)).toEqual({ usdPerHour: 0.12, source: 'estimated' });
    expect(await priced(NOW, until(HOUR_MS))).toEqual({ usdPerHour: 0.12, source: 'estimated' });
    const listed = { usdPerHour: 0.3, source: 'price-list' };
    expect(await priced(NOW, until(DAY_MS))).toEqual(listed);
    expect(await priced(until(-HOUR_MS), until(DAY_MS))).toEqual(listed);
  });

  it('are read once a day, and a new market at once', async () => {
    await world.watch(EAST);
    await world.read();
    await world.clock.advance(DAY_MS - 1);
    await world.read();
    expect(world.priceList.asked).toHaveLength(1);
    await world.watch({ ...EAST, instanceType: 't3.medium' });
    await world.read();
    expect(world.priceList.asked.at(-1)?.instanceTypes).toEqual(['t3.medium']);
    await world.clock.advance(1);
    await world.read();
    expect(world.priceList.asked.at(-1)?.instanceTypes).toEqual(['m5.large']);
    const readAt = new Date(NOW.getTime() + DAY_MS).toISOString();
    expect(await onDemandOf(A)).toEqual([0.0965, 'price-list', readAt]);
  });

  it('leave a history that says what was in force on a past day', async () => {
    await world.sighted(A, 0.04);
    await world.watch(EAST, WEST);
    await world.clock.advance(DAY_MS);
    await world.read();
    await world.clock.advance(DAY_MS);
    world.priceList.set('us-east-1', 'm5.large', 0.09);
    await world.read();
    await world.clock.advance(DAY_MS);
    await world.read();
    const inForce = async (days: number) => {
      const at = new Date(NOW.getTime() + days * DAY_MS);
      const prices = await world.run((tx) => world.onDemand.inForceAt(tx, [EAST, WEST], at));
      return prices.map(({ usdPerHour, source }) => [usdPerHour, source]);
    };
    const west = [0.097, 'price-list'];
    expect(await inForce(-1)).toEqual([[0.096, 'catalogue'], west]);
    expect(await inForce(0.5)).toEqual([[0.096, 'catalogue'], west]);
    expect(await inForce(1)).toEqual([[0.0965, 'price-list'], west]);
    expect(await inForce(1.9)).toEqual([[0.0965, 'price-list'], west]);
    expect(await inForce(9)).toEqual([[0.09, 'price-list'], west]);
    expect(await world.run((tx) => world.onDemand.inForceAt(tx, [], NOW))).toEqual([]);
  });

  it('keep what is known while the list may not be read, and ask again less and less often', async () => {
    world.priceList.failures.always = AppError.permanent('access-denied', 'pricing:GetProducts');
    await world.sighted(A, 0.04);
    await world.watch(EAST);
    for (let hour = 0; hour < 48; hour += 1) {
      await world.read();
      await world.clock.advance(HOUR_MS);
    }
    expect(await onDemandOf(A)).toEqual([0.096, 'catalogue', '2023-01-06']);
    const tries = world.priceList.asked.length;
    expect(tries).toBeGreaterThan(6);
    expect(tries).toBeLessThan(20);
    expect(world.problems).toHaveLength(tries);
    expect(world.problems[0]).toEqual({ code: 'access-denied', kind: 'on-demand' });
    world.priceList.failures.always = null;
    await world.clock.advance(6 * HOUR_MS);
    await world.read();
    expect((await onDemandOf(A)).slice(0, 2)).toEqual([0.0965, 'price-list']);
  });
});
