import { AppError } from '@spotopt/kernel';
import { PromptPolicy, type ReplayAction, type StepObservation } from './policy.js';
import { ON_DEMAND, REPLAY_RULES, type ReplayRules, type Scenario } from './scenario.js';

/** A plan made with full knowledge of the future, and what it costs in money and weighed downtime. */
export interface Optimum {
  readonly plan: readonly ReplayAction[];
  readonly objectiveUsd: number;
}

/** Breaks ties where downtime is free. */
const LEAST_WEIGHT = 1e-6;

const HOW = { stay: 0, warm: 1, cold: 2 } as const;
type How = (typeof HOW)[keyof typeof HOW];

/** Steps that are planned between two turns. */
const STEPS_PER_TURN = 500;

/**
 * The best that any policy could have done: dynamic programming over step and location (the pools in their order,
 * then on demand). Exact while a step is at least as long as a cold launch.
 * @param downtimeWeight that of the rules for the best plan, 0 for the least money
 */
export function optimumOf(
  scenario: Scenario,
  downtimeWeight: number,
  rules: ReplayRules = REPLAY_RULES,
): Optimum {
  const planning = optimumInTurns(scenario, downtimeWeight, rules);
  for (;;) {
    const turn = planning.next();
    if (turn.done === true) return turn.value;
  }
}

/** The same a little at a time: between two turns others may do their work. */
export function* optimumInTurns(
  scenario: Scenario,
  downtimeWeight: number,
  rules: ReplayRules = REPLAY_RULES,
): Generator<void, Optimum> {
  const { steps, pools, stepSeconds } = scenario;
  if (stepSeconds < rules.coldLaunchSeconds) {
    throw AppError.permanent(
      'steps-too-short',
      `the optimum needs steps of at least ${String(rules.coldLaunchSeconds)} s, not ${String(stepSeconds)} s`,
    );
  }
  const locations = pools.length + 1;
  const cameFrom = new Int32Array(steps * locations);
  const cameBy = new Uint8Array(steps * locations);
  let best = firstRow(scenario);
  for (let step = 1; step < steps; step += 1) {
    if (step % STEPS_PER_TURN === 0) yield;
    const next = new Float64Array(locations).fill(Number.POSITIVE_INFINITY);
    const [first, second] = twoCheapest(best);
    for (let to = 0; to < locations; to += 1) {
      if (!isUp(scenario, step, to)) continue;
      const from = first === to ? second : first;
      const move = cheapestMove(scenario, { step, to, from, best, downtimeWeight, rules });
      if (move.usd === Number.POSITIVE_INFINITY) continue;
      next[to] = move.usd + usdOf(scenario, step, to);
      cameFrom[step * locations + to] = move.how === HOW.stay ? to : from;
      cameBy[step * locations + to] = move.how;
    }
    best = next;
  }
  const [last] = twoCheapest(best);
  return {
    plan: planBack(scenario, { cameFrom, cameBy, last }),
    objectiveUsd: best[last] ?? Number.POSITIVE_INFINITY,
  };
}

interface Move {
  readonly step: number;
  readonly to: number;
  readonly from: number;
  readonly best: Float64Array;
  readonly downtimeWeight: number;
  readonly rules: ReplayRules;
}

/** Stay, or come from the cheapest other place: with a replica one step ahead, or cold. */
function cheapestMove(
  scenario: Scenario,
  { step, to, from, best, downtimeWeight, rules }: Move,
): { usd: number; how: How } {
  const usdPerSecond = (Math.max(downtimeWeight, LEAST_WEIGHT) * scenario.onDemand.usdPerHour) / 3600;
  const other = best[from] ?? Number.POSITIVE_INFINITY;
  const stay = best[to] ?? Number.POSITIVE_INFINITY;
  const cold = other + rules.coldLaunchSeconds * usdPerSecond;
  const warm = isUp(scenario, step - 1, to)
    ? other + rules.switchReadySeconds * usdPerSecond + usdOf(scenario, step - 1, to)
    : Number.POSITIVE_INFINITY;
  const usd = Math.min(stay, cold, warm);
  return { usd, how: usd === stay ? HOW.stay : usd === warm ? HOW.warm : HOW.cold };
}

function firstRow(scenario: Scenario): Float64Array {
  return Float64Array.from({ length: scenario.pools.length + 1 }, (_, location) =>
    isUp(scenario, 0, location) ? usdOf(scenario, 0, location) : Number.POSITIVE_INFINITY,
  );
}

function usdOf(scenario: Scenario, step: number, location: number): number {
  const usdPerHour = scenario.prices[location]?.[step] ?? scenario.onDemand.usdPerHour;
  return (usdPerHour * scenario.stepSeconds) / 3600;
}

function isUp(scenario: Scenario, step: number, location: number): boolean {
  return (scenario.available[location]?.[step] ?? 1) === 1;
}

/** On a tie the earlier one first. With a single location both are the same. */
function twoCheapest(usd: Float64Array): [number, number] {
  let first = 0;
  let second = -1;
  const at = (index: number): number => usd[index] ?? Number.POSITIVE_INFINITY;
  for (let index = 1; index < usd.length; index += 1) {
    if (at(index) < at(first)) {
      second = first;
      first = index;
    } else if (second < 0 || at(index) < at(second)) second = index;
  }
  return [first, second < 0 ? first : second];
}

function planBack(
  scenario: Scenario,
  { cameFrom, cameBy, last }: { cameFrom: Int32Array; cameBy: Uint8Array; last: number },
): ReplayAction[] {
  const locations = scenario.pools.length + 1;
  const nameOf = (location: number): string => scenario.pools[location]?.id ?? ON_DEMAND;
  const plan: ReplayAction[] = [];
  let location = last;
  let replica: string | null = null;
  for (let step = scenario.steps - 1; step >= 0; step -= 1) {
    plan.push({ primary: nameOf(location), replica });
    const cell = step * locations + location;
    replica = step > 0 && cameBy[cell] === HOW.warm ? nameOf(location) : null;
    if (step > 0) location = cameFrom[cell] ?? location;
  }
  return plan.reverse();
}

/** Plays a plan that was made beforehand. */
export class PlannedPolicy extends PromptPolicy {
  constructor(
    override readonly name: string,
    private readonly plan: readonly ReplayAction[],
  ) {
    super();
  }

  override act({ step }: StepObservation): ReplayAction {
    return this.plan[step] ?? { primary: null, replica: null };
  }
}
