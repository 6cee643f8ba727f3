import { describe, expect, it } from '@jest/globals';
import { REPLAY_RULES, type Scenario } from '@spotopt/decision/replay';
import { mulberry32 } from '@spotopt/testkit';
import { AGE_CLASSES, ageClassesOf, isUpClass } from './age-classes.js';
import { ageModel, type AgeModel, Holdings } from './age-model.js';
import { countTransitions, stateOf } from './count-transitions.js';
import { playInSample } from './play.js';
import { type AgePolicyTable, solve } from './solve.js';

/** In hours on demand. */
const PROMOTION = (REPLAY_RULES.downtimeWeight * REPLAY_RULES.switchReadySeconds) / 3600;
const LAUNCH = (REPLAY_RULES.downtimeWeight * REPLAY_RULES.coldLaunchSeconds) / 3600;

/** @param available by pool and step */
function scenarioOf(
  available: readonly (readonly number[])[],
  usdPerHour: number,
  stepSeconds = 3600,
): Scenario {
  return {
    id: 'sample',
    kind: 'trace',
    startS: Date.parse('2026-01-01T00:00:00Z') / 1000,
    stepSeconds,
    steps: available[0]?.length ?? 0,
    onDemand: { instanceType: 't', usdPerHour: 1 },
    pools: available.map((_, pool) => {
      const az = `z${String(pool)}`;
      const place = { id: `${az}/t`, region: 'z', az, instanceType: 't' };
      return { ...place, onDemandUsdPerHour: 1, advisorBucket: null };
    }),
    prices: available.map((ofPool) => Float64Array.from(ofPool, () => usdPerHour)),
    available: available.map((ofPool) => Uint8Array.from(ofPool)),
  };
}

/** Up for some hours, then away for some, again and again. */
function spells(upHours: number, awayHours: number, times: number): number[] {
  const spell = [...Array.from({ length: upHours }, () => 1), ...Array.from({ length: awayHours }, () => 0)];
  return Array.from({ length: times }, () => spell).flat();
}

function flapping(seed: number, pools: number): Scenario {
  const random = mulberry32(seed);
  const states = Array.from({ length: pools }, () => 1);
  const steps = Array.from({ length: 1_000 }, () => {
    const shock = random() < 0.005;
    return states.map((isUp, pool) => {
      if (isUp === 1 ? shock || random() < 0.02 : random() < 0.1) states[pool] = 1 - isUp;
      return states[pool] ?? 0;
    });
  });
  const available = Array.from({ length: pools }, (_, pool) => steps.map((step) => step[pool] ?? 0));
  return scenarioOf(available, 0.2 + 0.15 * seed, 600);
}

/** A model that runs on its own, with every machine followed by the rules of the replay. */
class Chain {
  readonly #holdings: Holdings;
  readonly #width: number;
  #mass: Float64Array;

  constructor(
    private readonly model: AgeModel,
    private readonly table: AgePolicyTable,
  ) {
    this.#holdings = new Holdings(model.prices.length);
    this.#width = this.#holdings.nothing + 1;
    this.#mass = new Float64Array(model.states * this.#width);
    const first = model.begin.findIndex((begin, state) => begin !== model.begin[state + 1]);
    this.#mass[first * this.#width] = 1;
  }

  /** The cost rate of one more step. */
  step(): number {
    const { begin, next, chance } = this.model;
    const after = new Float64Array(this.#mass.length);
    let cost = 0;
    for (const [at, share] of this.#mass.entries()) {
      if (share === 0) continue;
      const state = Math.floor(at / this.#width);
      for (let row = begin[state] ?? 0; row < (begin[state + 1] ?? 0); row += 1) {
        const to = next[row] ?? 0;
        const { holding, rate } = this.#decided(to, at % this.#width);
        const arrived = share * (chance[row] ?? 0);
        cost += arrived * rate;
        after[to * this.#width + holding] = (after[to * this.#width + holding] ?? 0) + arrived;
      }
    }
    this.#mass = after;
    return cost;
  }

  #decided(state: number, before: number): { holding: number; rate: number } {
    const { held, downtime } = this.#afterLosses(state, before);
    const holding = this.table.holding[state * this.#width + held] ?? 0;
    const { primary, standby } = this.#holdings.partsOf(holding);
    if (!this.#isUp(primary, state) || !this.#isUp(standby, state)) throw new Error('holds what is away');
    const rent = (primary === 0 ? 1 : this.#price(primary)) + this.#price(standby);
    return { holding, rate: rent + (downtime + this.#move(held, primary)) / this.model.stepHours };
  }

  #afterLosses(state: number, before: number): { held: number; downtime: number } {
    const { primary, standby } = this.#holdings.partsOf(before);
    const left = this.#isUp(standby, state) ? standby : 0;
    if (this.#isUp(primary, state)) return { held: this.#holdings.of(primary, left), downtime: 0 };
    if (left === 0) return { held: this.#holdings.nothing, downtime: 0 };
    return { held: this.#holdings.of(left, 0), downtime: PROMOTION };
  }

  #move(held: number, target: number): number {
    if (held === this.#holdings.nothing) return LAUNCH;
    const { primary, standby } = this.#holdings.partsOf(held);
    if (target === primary) return 0;
    return target !== 0 && target === standby ? PROMOTION : LAUNCH;
  }

  #isUp(place: number, state: number): boolean {
    return place === 0 || this.model.isUp[place - 1]?.[state] === 1;
  }

  #price(place: number): number {
    return this.model.prices[place - 1] ?? 0;
  }
}

describe('age classes', () => {
  it('begin anew with each change, and go by the hours since', () => {
    const classes = ageClassesOf(Uint8Array.from([1, 1, 0, 0, 0, 1, 1, 1]), 0.5);
    const [firstUp, , away, , longAway, up, , hourUp] = classes;
    expect([...classes].map(isUpClass)).toEqual([true, true, false, false, false, true, true, true]);
    expect(up).toBe(0);
    expect(hourUp).toBe(5);
    expect(firstUp).toBe(10);
    expect(longAway).toBe((away ?? 0) + 2);
    expect(Math.max(...ageClassesOf(new Uint8Array(100), 1))).toBe(AGE_CLASSES - 1);
  });
});

describe('counted transitions', () => {
  it('are chances, and lead only to what was seen', () => {
    const scenario = flapping(2, 2);
    const model = countTransitions(scenario);
    const classes = scenario.available.map((ofPool) => ageClassesOf(ofPool, 1 / 6));
    for (let step = 0; step < scenario.steps; step += 1) {
      const state = stateOf(classes.map((ofPool) => ofPool[step] ?? 0));
      const row = model.chance.slice(model.begin[state], model.begin[state + 1]);
      expect(row.reduce((sum, chance) => sum + chance, 0)).toBeCloseTo(1, 9);
    }
    for (const state of model.next) expect(model.begin[state + 1]).toBeGreaterThan(model.begin[state] ?? 0);
  });

  it('have losses of both pools at once as often as they were seen', () => {
    const together = spells(8, 4, 30);
    const model = countTransitions(scenarioOf([together, together], 0.3));
    let [both, single] = [0, 0];
    for (let state = 0; state < model.states; state += 1) {
      if (model.isUp.some((ofPool) => ofPool[state] !== 1)) continue;
      for (let row = model.begin[state] ?? 0; row < (model.begin[state + 1] ?? 0); row += 1) {
        const left = model.isUp.filter((ofPool) => ofPool[model.next[row] ?? 0] === 1).length;
        if (left === 0) both += model.chance[row] ?? 0;
        if (left === 1 && state % (AGE_CLASSES + 1) === 0) single += model.chance[row] ?? 0;
      }
    }
    expect(both).toBeGreaterThan(0.1);
    expect(single).toBeCloseTo(0, 9);
  });
});

describe('the best policy', () => {
  /** One pool at 0.3 of on demand; away for 5 h on average. */
  const onePool = (upHours: number): AgeModel =>
    ageModel({ stepHours: 1, prices: [0.3], isUp: [Uint8Array.of(1, 0)] }, [
      [
        { next: 0, chance: 1 - 1 / upHours },
        { next: 1, chance: 1 / upHours },
      ],
      [
        { next: 0, chance: 1 / 5 },
        { next: 1, chance: 4 / 5 },
      ],
    ]);

  it('takes spot where a spell saves more than the way there and back', () => {
    // An hour with a standby in the pool; if that lasts, a promotion, 20 h of spot and a launch; then 5 h away.
    const perCycle = 1.3 + 0.95 * (PROMOTION + 20 * 0.3 + LAUNCH) + 5;
    const { costRate, holding } = solve(onePool(20));
    expect(costRate.least).toBeCloseTo(perCycle / 25, 4);
    expect(costRate.most).toBeCloseTo(perCycle / 25, 4);
    const of = (primary: number, standby: number): number => new Holdings(1).of(primary, standby);
    expect([holding[of(0, 0)], holding[of(0, 1)], holding[of(1, 0)]]).toEqual([of(0, 1), of(1, 0), of(1, 0)]);
  });

  it('stays on demand where it saves less', () => {
    const { costRate, holding } = solve(onePool(6));
    expect(costRate.most).toBeCloseTo(1, 4);
    expect(holding[0]).toBe(0);
  });

  /** Both pools up for 10 h on average, then either away for one. */
  const twoPools = (price: number): AgeModel =>
    ageModel(
      { stepHours: 1, prices: [price, price], isUp: [Uint8Array.of(1, 0, 1), Uint8Array.of(1, 1, 0)] },
      [
        [
          { next: 0, chance: 0.9 },
          { next: 1, chance: 0.05 },
          { next: 2, chance: 0.05 },
        ],
        [{ next: 0, chance: 1 }],
        [{ next: 0, chance: 1 }],
      ],
    );

  it.each([
    { price: 0.1, standby: 2, perCycle: 10 * 0.2 + 0.1 + 0.5 * PROMOTION },
    { price: 0.4, standby: 0, perCycle: 11 * 0.4 + 0.5 * LAUNCH },
  ])('at $price of on demand has standby $standby', ({ price, standby, perCycle }) => {
    const holdings = new Holdings(2);
    const { costRate, holding } = solve(twoPools(price));
    expect(costRate.most).toBeCloseTo(perCycle / 11, 4);
    expect(holding[holdings.of(1, 0)]).toBe(holdings.of(1, standby));
  });

  it.each([0, 1, 2])('costs on its own model what it says, never more than on demand: seed %d', (seed) => {
    const model = countTransitions(flapping(seed, 1 + (seed % 2)));
    const table = solve(model);
    const { least, most } = table.costRate;
    expect(most - least).toBeLessThan(1e-4);
    expect(most).toBeLessThanOrEqual(1 + 1e-4);
    const chain = new Chain(model, table);
    for (let step = 0; step < 400; step += 1) chain.step();
    const cost = chain.step();
    expect(cost).toBeCloseTo(most, 3);
    expect(cost).toBeLessThanOrEqual(1 + 1e-3);
  });
});

describe('played on the scenario that was counted', () => {
  it('follows long spells: lost at the end of each, back with a standby first', () => {
    const { score, interruptions, voluntary } = playInSample(scenarioOf([spells(20, 10, 10)], 0.3));
    expect({ interruptions, voluntary }).toEqual({ interruptions: 10, voluntary: 9 });
    const money = 200 * 0.3 + 9 + 100;
    expect(score).toBeCloseTo((money + 10 * LAUNCH + 9 * PROMOTION) / 300, 9);
  });

  it('keeps out of short ones', () => {
    expect(playInSample(scenarioOf([spells(5, 25, 10)], 0.3)).score).toBeCloseTo(1, 9);
  });

  it('of two pools survives what one alone does not', () => {
    const both = flapping(1, 2);
    const alone = [0, 1].map((pool) => {
      const only = <T>(all: readonly T[]): T[] => all.slice(pool, pool + 1);
      const [pools, prices, available] = [only(both.pools), only(both.prices), only(both.available)];
      return playInSample({ ...both, pools, prices, available }).score;
    });
    const { survived, score } = playInSample(both);
    expect(survived).toBeGreaterThan(0);
    expect(score).toBeLessThan(Math.min(...alone));
  });
});
