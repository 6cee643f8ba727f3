import { describe, expect, it } from '@jest/globals';
import { type BuiltInPolicyName, builtInPolicy } from './built-in-policies.js';
import { scenarioOf } from './replay-samples.contract.js';
import { replay, type StepRecord } from './replay.js';
import { ON_DEMAND, type Scenario } from './scenario.js';

function placesOf(name: BuiltInPolicyName, scenario: Scenario): string[] {
  const steps: StepRecord[] = [];
  replay(scenario, builtInPolicy(name, scenario), { onStep: (record) => steps.push(record) });
  return steps.map(({ primary, replica }) => (replica === null ? primary : `${primary}+${replica}`));
}

const constant = (steps: number, prices: readonly number[]): number[][] =>
  Array.from({ length: steps }, () => [...prices]);

describe('plain policies', () => {
  it('single-spot goes back home by a warm move', () => {
    const scenario = scenarioOf(constant(5, [0.3, 0.2]), [
      [1, 0],
      [0, 1],
      [0, 1],
      [1, 1],
      [1, 1],
    ]);
    const home = 'z0/t';
    expect(placesOf('single-spot', scenario)).toEqual([
      home,
      ON_DEMAND,
      ON_DEMAND,
      `${ON_DEMAND}+${home}`,
      home,
    ]);
  });

  it('greedy moves only where a day of the difference pays for the move', () => {
    // A move costs 0.5 × 300/3600 + 100 × 10/3600 = 0.319 USD: 0.0133 USD/h over a day.
    const prices = [
      [0.52, 0.5],
      [0.505, 0.5],
      [0.52, 0.5],
      [0.52, 0.5],
      [0.5, 0.511],
    ];
    const scenario = scenarioOf(prices, [
      [1, 0],
      [1, 1],
      [1, 1],
      [1, 1],
      [1, 1],
    ]);
    expect(placesOf('greedy', scenario)).toEqual(['z0/t', 'z0/t', 'z0/t+z1/t', 'z1/t', 'z1/t']);
  });

  it('hot-standby keeps its second machine in another zone, on demand where there is none', () => {
    const scenario = scenarioOf(constant(5, [0.3, 0.4]), [
      [1, 1],
      [0, 1],
      [0, 1],
      [1, 1],
      [1, 1],
    ]);
    expect(placesOf('hot-standby', scenario)).toEqual([
      'z0/t+z1/t',
      `z1/t+${ON_DEMAND}`,
      `z1/t+${ON_DEMAND}`,
      'z1/t+z0/t',
      'z1/t+z0/t',
    ]);
  });

  /** Quiet since the first step, at a price that never changes: risk = 0.2 / (hours + 1) + 0.05, below 0.3 at once. */
  it('seed leaves on-demand for the cheapest pool that saves 30 %, and holds two hours after a change', () => {
    const dear = Array.from({ length: 30 }, (_, step) => [0.6, step < 5 ? 0.65 : 0.2]);
    const places = placesOf('seed', scenarioOf(dear, constant(30, [1, 1])));
    // The new price is a jump: its volatility keeps the risk of z1 up for some steps. The promotion was in step 2.
    expect(places.slice(0, 3)).toEqual([ON_DEMAND, `${ON_DEMAND}+z0/t`, 'z0/t']);
    expect(places.slice(3, 26)).toEqual(Array.from({ length: 23 }, () => 'z0/t'));
    expect(places.slice(26, 28)).toEqual(['z0/t+z1/t', 'z1/t']);
  });

  it('seed counts the age of a new machine as none where it is told to', () => {
    const scenario = scenarioOf(constant(6, [0.5]), constant(6, [1]));
    // 0.2 / (0 + 1) + 0.05 = 0.25 < 0.3 passes; at a rising price it would not.
    expect(placesOf('seed-age0', scenario).slice(0, 3)).toEqual([ON_DEMAND, `${ON_DEMAND}+z0/t`, 'z0/t']);
    const rising = scenarioOf(
      Array.from({ length: 6 }, (_, step) => [0.5 + step * 0.001]),
      constant(6, [1]),
    );
    expect(placesOf('seed-age0', rising)).toEqual(Array.from({ length: 6 }, () => ON_DEMAND));
  });
});
