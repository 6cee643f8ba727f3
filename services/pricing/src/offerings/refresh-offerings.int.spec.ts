import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { databaseDialects } from '@spotopt/testkit';
import { DAY_MS, FactsWorld } from '../market/facts-world.contract.js';

const MARKET = { region: 'us-east-1', instanceType: 'm5.large' };

describe.each(databaseDialects())('what is sold where on %s', (dialect) => {
  let world: FactsWorld;

  beforeEach(async () => {
    world = await FactsWorld.open(dialect);
  });

  afterEach(async () => {
    await world.test.cleanUp();
  });

  it('makes a pool of every zone, also without a price, and says which are not sold', async () => {
    await world.sighted('m5.large.us-east-1a', 0.04);
    await world.sighted('m5.large.us-east-1f', 0.05);
    await world.sighted('c5.large.us-east-1f', 0.05);
    await world.watch(MARKET);
    await world.read();
    const facts = await world.facts();
    expect(Object.keys(facts)).toEqual([
      'c5.large.us-east-1f',
      'm5.large.us-east-1a',
      'm5.large.us-east-1b',
      'm5.large.us-east-1f',
    ]);
    expect(facts['m5.large.us-east-1a']).toMatchObject({ offered: true, spotUsdPerHour: 0.04 });
    expect(facts['m5.large.us-east-1b']).toMatchObject({
      name: 'm5.large (us-east-1b)',
      offered: true,
      spotUsdPerHour: null,
      source: null,
      observedAt: null,
      confirmedAt: null,
      onDemandUsdPerHour: 0.096,
    });
    expect(facts['m5.large.us-east-1f']?.offered).toBe(false);
    // Nobody asked about this type.
    expect(facts['c5.large.us-east-1f']?.offered).toBeNull();
  });

  it('follows AWS when a type is withdrawn', async () => {
    await world.watch(MARKET);
    await world.read();
    Object.assign(world.offerings.sold, { 'm5.large': ['us-east-1b'] });
    await world.clock.advance(DAY_MS);
    await world.read();
    const facts = await world.facts({ instanceType: 'm5.large' });
    expect(facts['m5.large.us-east-1a']?.offered).toBe(false);
    expect(facts['m5.large.us-east-1b']?.offered).toBe(true);
  });
});
