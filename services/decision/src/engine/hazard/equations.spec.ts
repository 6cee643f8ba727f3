import { describe, expect, it } from '@jest/globals';
import { coLossChance } from './co-loss.js';
import { learnSteps, poolIdOfZone, START_S } from './hazard-samples.contract.js';
import { firstBelief } from './learn.js';
import { aheadAt, outlookOf, savedAhead, valueOfEnteringNow } from './lookahead.js';
import { beliefOf, capacityLossRate, lossRate, marketRateOf, priceLossRate } from './loss-rate.js';
import { onDemandPlace, type Place } from './place.js';
import { placementCost } from './placement-cost.js';

/** On demand costs 1; a loss costs 5 without and 10/36 with a standby, as in the replay. */
const LOSSES = { promoteUsd: 10 / 36, coldUsd: 5, coldHours: 0.05, cycleHours: 0.25 };
const NONE = { places: [], presentPoolId: null };

function placeOf(overrides: Partial<Place> = {}): Place {
  return {
    ...onDemandPlace(poolIdOfZone('a'), 0.3),
    ...{ mode: 'spot', region: 'us-east-1', usualUp: 1, coLossFading: 1, lossPerHour: 0.1, ageHours: 0.8 },
    ...overrides,
  };
}

describe('λ, the loss rate', () => {
  const fresh = firstBelief(START_S, { usdPerHour: 0.01, available: true });
  const usual = { now: START_S, marketRate: 0.25, scarcity: 0, priceShare: 0, capUsdPerHour: 0.04 };

  it('of a pool that was never seen is that of an average pool six hours old', () => {
    expect(marketRateOf(null)).toBe(0.25);
    const expected = 0.025 * 0.25 + 0.9 * 6.2 ** -0.5 * 0.25 ** 0.15 * 0.25 ** 0.3;
    expect(lossRate(fresh, usual)).toBeCloseTo(expected, 12);
    expect(expected).toBeCloseTo(0.2, 2);
  });

  it('of a pool that has just come back is that of age 0, though nobody learned of it yet', () => {
    const { pools } = learnSteps({ a: `${'1'.repeat(700)}0` });
    const belief = pools.get(poolIdOfZone('a')) ?? null;
    const now = START_S + 701 * 3600;
    expect(belief?.up).toBe(false);
    expect(beliefOf({ belief, usdPerHour: 0.01, available: true }, now)).toMatchObject({ upSince: now });
    expect(beliefOf({ belief, usdPerHour: 0.01, available: false }, now)).toBe(belief);
  });

  it('falls with age, and rises with losses, with scarcity, with own outages and with the price', () => {
    const rate = lossRate(fresh, usual);
    expect(lossRate({ ...fresh, upSince: START_S - 30 * 86_400 }, usual)).toBeLessThan(rate / 8);
    const once = { ...fresh, recentLosses: 3, recentHours: 4 };
    const ofLosses = 0.9 * 6.2 ** -0.5 * (3.25 / 5) ** 0.15 * 0.25 ** 0.3;
    expect(lossRate(once, usual)).toBeCloseTo(0.00625 + ofLosses, 12);
    const ofPool = rate - 0.00625;
    expect(lossRate(fresh, { ...usual, scarcity: 0.5 })).toBeCloseTo(0.00625 + ofPool * Math.exp(0.4), 12);
    expect(lossRate({ ...fresh, recentDown: 1 }, usual)).toBeCloseTo(0.00625 + ofPool * Math.exp(0.65), 12);
    const dear = { ...fresh, logUsd: Math.log(0.02) };
    expect(lossRate(dear, usual)).toBeCloseTo(rate * 2 ** 1.5, 12);
  });

  it('is half that of a jump above the cap where all losses come so', () => {
    const restless = { ...fresh, squaredMoves: 0.04 };
    const byPrice = 2.25 * 6.2 ** -0.5 * 0.25 ** 1.4 * 0.25 ** 0.6 * 0.25 ** 0.15;
    expect(priceLossRate(restless, usual)).toBeCloseTo(byPrice, 12);
    expect(priceLossRate(restless, { ...usual, capUsdPerHour: null })).toBeNull();
    const mixed = Math.sqrt(capacityLossRate(restless, usual) * byPrice);
    expect(lossRate(restless, { ...usual, priceShare: 1 })).toBeCloseTo(mixed, 12);
  });

  it('knows the dangerous hours of the day', () => {
    // Lost each day at 03:00, up again an hour later.
    const day = '111011111111111111111111';
    const belief = learnSteps({ a: day.repeat(14) }).pools.get(poolIdOfZone('a'));
    if (belief === undefined) throw new Error('nothing was learned');
    const at = (hour: number): number =>
      lossRate({ ...belief, upSince: START_S }, { ...usual, now: START_S + 15 * 86_400 + hour * 3600 });
    expect(at(3)).toBeGreaterThan(1.3 * at(12));
  });
});

describe('κ, the chance that the standby is gone as well', () => {
  const standby = placeOf({ poolId: poolIdOfZone('b'), lossPerHour: 0.2 });

  it('is the prior of the region, and what happens to the standby until anybody looks', () => {
    expect(coLossChance(placeOf(), standby, 0.25)).toBeCloseTo(0.15 + 0.05, 12);
    expect(coLossChance(placeOf(), { ...standby, region: 'eu-west-1' }, 0.25)).toBeCloseTo(0.01 + 0.05, 12);
  });

  it('comes from losses that took the other one along, of those that found it up', () => {
    const coLosses = { at: 0, losses: 6, together: { [standby.poolId]: 3 } };
    const primary = placeOf({ coLosses, coLossFading: 0.5 });
    // Faded 1.5 of 3, weighed with a prior of 0.6 of 4.
    expect(coLossChance(primary, standby, 0)).toBeCloseTo((1.5 + 0.6) / (3 + 4), 12);
    const rarelyUp = { ...standby, usualUp: 0.5 };
    expect(coLossChance(primary, rarelyUp, 0)).toBeCloseTo((1.5 + 0.6) / (1.5 + 4), 12);
  });
});

describe('f, what it costs to run on a place', () => {
  it('without a standby: the machine and its losses', () => {
    expect(placementCost(placeOf(), NONE, LOSSES)).toMatchObject({
      usdPerHour: 0.3 + 0.1 * 5,
      standby: null,
    });
    expect(placementCost(onDemandPlace('x', 1), NONE, LOSSES).usdPerHour).toBe(1);
  });

  it('takes a standby where it saves more than it costs', () => {
    const standby = placeOf({ poolId: poolIdOfZone('b'), usdPerHour: 0.2, lossPerHour: 0 });
    const standbys = { places: [standby], presentPoolId: standby.poolId };
    const lossUsd = 10 / 36 + 0.15 * (5 - 10 / 36);
    const frail = placementCost(placeOf(), standbys, LOSSES);
    expect(frail.standby).toBe(standby);
    expect(frail.lossUsd).toBeCloseTo(lossUsd, 12);
    expect(frail.usdPerHour).toBeCloseTo(0.3 + 0.2 + 0.1 * lossUsd, 12);
    // At 0.04 losses an hour it would save 0.16 at most, and costs 0.2.
    expect(placementCost(placeOf({ lossPerHour: 0.04 }), standbys, LOSSES).standby).toBeNull();
    // A new one has to warm up first: (0.1 + 0 + 1/24)·(0.1·0.05·5 + 0.2·0.05).
    const unborn = placementCost(placeOf(), { ...standbys, presentPoolId: null }, LOSSES);
    expect(unborn.usdPerHour - frail.usdPerHour).toBeCloseTo((0.1 + 1 / 24) * 0.035, 12);
  });

  it('never puts it into the primary’s own pool', () => {
    const own = { places: [placeOf({ usdPerHour: 0.01 })], presentPoolId: null };
    expect(placementCost(placeOf({ lossPerHour: 1 }), own, LOSSES).standby).toBeNull();
  });
});

describe('the time ahead', () => {
  const of = (place: Place) => ({ place, cost: placementCost(place, NONE, LOSSES) });

  it('makes a pool that survives safer, and brings prices back', () => {
    const dear = placeOf({ priceExcess: Math.log(2), lossPerHour: 0.1 });
    const { lossPerHour, usdPerHour } = aheadAt(of(dear), 7, LOSSES, 1000);
    // Age 1 h becomes 8 h, and the price halves.
    expect(lossPerHour).toBeCloseTo(0.1 * 8 ** -0.75 * 2 ** -1.5, 12);
    expect(usdPerHour).toBeCloseTo(0.15 + lossPerHour * 5, 12);
  });

  it('sums up what is saved while both last and the opportunity does', () => {
    const flat = (usd: number) => outlookOf(of(onDemandPlace('x', usd)), LOSSES, 0);
    const { most, total } = savedAhead(flat(1), flat(0.6));
    // ∫ e^(−t/24)·0.4 up to 48 h.
    expect(total).toBeCloseTo(0.4 * 24 * (1 - Math.exp(-2)), 9);
    expect(most).toBe(total);
    expect(savedAhead(flat(0.6), flat(1))).toMatchObject({ most: 0 });
  });

  it('enters a safe pool at once, waits for a young one, and never pays more than on demand', () => {
    expect(valueOfEnteringNow(of(placeOf({ lossPerHour: 0.1 })), 1, LOSSES)).toBe(Number.POSITIVE_INFINITY);
    expect(valueOfEnteringNow(of(placeOf({ lossPerHour: 2, ageHours: 0 })), 1, LOSSES)).toBeLessThan(0);
    expect(valueOfEnteringNow(of(placeOf({ usdPerHour: 1.1 })), 1, LOSSES)).toBe(Number.NEGATIVE_INFINITY);
    const free = { ...LOSSES, promoteUsd: 0, coldUsd: 0 };
    const place = placeOf({ lossPerHour: 9 });
    expect(valueOfEnteringNow({ place, cost: placementCost(place, NONE, free) }, 1, free)).toBe(
      Number.POSITIVE_INFINITY,
    );
  });
});
