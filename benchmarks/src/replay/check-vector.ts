import {
  BUILT_IN_POLICIES,
  builtInPolicy,
  type Figures,
  optimumOf,
  PlannedPolicy,
  PromptPolicy,
  replay,
  type ReplayAction,
  REPLAY_RULES,
  type Scenario,
  type StepObservation,
  type StepRecord,
} from '@spotopt/decision/replay';
import {
  type ExpectedStep,
  greatestDifference,
  relativeDifference,
  stepDifference,
  type TestVector,
} from './expected-figures.js';

/** The optima by the weight of downtime that they are made for. */
export const OPTIMA: Readonly<Record<string, number>> = {
  'omni-cost': 0,
  'omni-sla': REPLAY_RULES.downtimeWeight,
};

/** The greatest relative difference of any step or figure of any run of the vector. */
export function checkVector(vector: TestVector): number {
  const scenario = scenarioOf(vector);
  const differences = Object.entries(vector.runs).map(([name, run]) => {
    const weight = OPTIMA[name];
    if (weight !== undefined) {
      const { plan, objectiveUsd } = optimumOf(scenario, weight);
      return Math.max(
        relativeDifference(objectiveUsd, run.objective ?? Number.NaN),
        greatestDifference(replay(scenario, new PlannedPolicy(name, plan)), run.result).difference,
      );
    }
    const { figures, difference } = playSteps(
      scenario,
      policyOf(name, scenario, run.steps ?? []),
      run.steps ?? [],
    );
    return Math.max(difference, greatestDifference(figures, run.result).difference);
  });
  return Math.max(...differences);
}

function policyOf(name: string, scenario: Scenario, steps: readonly ExpectedStep[]): PromptPolicy {
  const builtIn = BUILT_IN_POLICIES.find((policy) => policy === name);
  return builtIn === undefined
    ? new PlannedPolicy(
        name,
        steps.map(({ action }) => action),
      )
    : builtInPolicy(builtIn, scenario);
}

/** Keeps what was decided, to compare that as well. */
class Watched extends PromptPolicy {
  override readonly name: string;
  last: ReplayAction = { primary: null, replica: null };

  constructor(private readonly policy: PromptPolicy) {
    super();
    this.name = policy.name;
  }

  override act(observation: StepObservation): ReplayAction {
    this.last = this.policy.act(observation);
    return this.last;
  }
}

function playSteps(
  scenario: Scenario,
  policy: PromptPolicy,
  expected: readonly ExpectedStep[],
): { figures: Figures; difference: number } {
  const watched = new Watched(policy);
  let difference = expected.length === scenario.steps ? 0 : Number.POSITIVE_INFINITY;
  const figures = replay(scenario, watched, {
    onStep: (record: StepRecord) => {
      const step = expected[record.step];
      if (step !== undefined) difference = Math.max(difference, stepDifference(record, watched.last, step));
    },
  });
  return { figures, difference };
}

function scenarioOf(vector: TestVector): Scenario {
  const { price, avail, pools, dt_s, on_demand_usd_h, start } = vector;
  return {
    id: 'vector',
    kind: 'trace',
    startS: Date.parse(start) / 1000,
    stepSeconds: dt_s,
    steps: price.length,
    onDemand: { instanceType: 't', usdPerHour: on_demand_usd_h },
    pools: pools.map((id) => {
      const [az = '', instanceType = ''] = id.split('/');
      return { id, region: 'r', az, instanceType, onDemandUsdPerHour: on_demand_usd_h, advisorBucket: null };
    }),
    prices: pools.map((_, pool) => Float64Array.from(price, (row) => row[pool] ?? 0)),
    available: pools.map((_, pool) => Uint8Array.from(avail, (row) => row[pool] ?? 0)),
  };
}
