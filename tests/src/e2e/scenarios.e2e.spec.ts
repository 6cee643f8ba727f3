import { describe, expect, it } from '@jest/globals';
import { runScenario, type RunSettings } from '../scenario/run-scenario.js';
import type { Scenario, ScenarioResult } from '../scenario/scenario.js';
import { dataGap } from '../scenario/stories/data-gap.js';
import { normalOptimization } from '../scenario/stories/normal-optimization.js';
import { terminationWithReplica } from '../scenario/stories/termination-with-replica.js';

const SETTINGS: RunSettings = {
  mode: 'standalone',
  speed: undefined,
  pricesFile: undefined,
  killPromotion: false,
  tell: () => undefined,
};

async function broken(
  scenario: Scenario,
  settings: Partial<RunSettings> = {},
): Promise<ScenarioResult['invariants']> {
  const result = await runScenario(scenario, { ...SETTINGS, ...settings });
  expect(result.invariants.length).toBeGreaterThan(1);
  return result.invariants.filter(({ holds }) => !holds);
}

describe('scenarios in one process', () => {
  it.each([normalOptimization, terminationWithReplica, dataGap])(
    '$name',
    async (scenario) => {
      expect(await broken(scenario)).toEqual([]);
    },
    300_000,
  );
});

describe('scenarios on real servers, every service a process', () => {
  it('termination-with-replica', async () => {
    expect(await broken(terminationWithReplica, { mode: 'distributed' })).toEqual([]);
  }, 400_000);

  it('termination-with-replica, the promoting service killed between commit and publish', async () => {
    expect(await broken(terminationWithReplica, { mode: 'distributed', killPromotion: true })).toEqual([]);
  }, 400_000);
});
