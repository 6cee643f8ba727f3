import type { Scenario } from '@spotopt/decision/replay';
import { AGE_CLASSES, ageClassesOf, isUpClass } from './age-classes.js';
import { ageModel, type AgeModel, type Transition } from './age-model.js';

/** Steps that what does not look at the other pool counts for, beside those with the other pool in the same state. */
const POOLED_STEPS = 5;

type Rows = readonly (readonly Transition[])[];

/**
 * The chain of age classes of one or two pools, counted on a scenario. Each pool goes its own way, by whether the
 * other one is up; losses of both at once come as often as they were seen. The last step is followed by the
 * first one, so that every class that was seen leads on.
 */
export function countTransitions(scenario: Scenario): AgeModel {
  const { available, prices, stepSeconds, onDemand } = scenario;
  const stepHours = stepSeconds / 3600;
  const rows = available.map((ofPool, pool) =>
    rowsOf(ageClassesOf(ofPool, stepHours), available[available.length - 1 - pool] ?? ofPool),
  );
  const [first = [], second] = rows;
  const joint = second === undefined ? (first[1] ?? []) : jointRows(first, second, lostTogether(available));
  return ageModel(
    {
      stepHours,
      prices: prices.map((ofPool) => mean(ofPool) / onDemand.usdPerHour),
      isUp: available.map((_, pool) =>
        Uint8Array.from(joint, (_row, state) => Number(isUpClass(classIn(state, pool, available.length)))),
      ),
    },
    joint,
  );
}

/** The number of the state in which the pools are in these classes. */
export function stateOf(classes: readonly number[]): number {
  return classes.reduce((state, ageClass) => state * AGE_CLASSES + ageClass, 0);
}

function classIn(state: number, pool: number, pools: number): number {
  return Math.floor(state / AGE_CLASSES ** (pools - 1 - pool)) % AGE_CLASSES;
}

/** By whether the other pool is up (0, 1), then by class. A pool alone is its own other. */
function rowsOf(classes: Uint8Array, other: Uint8Array): readonly Rows[] {
  const counts = [0, 1].map(() => Array.from({ length: AGE_CLASSES }, () => new Float64Array(AGE_CLASSES)));
  for (const [step, from] of classes.entries()) {
    const to = classes[(step + 1) % classes.length] ?? from;
    const row = counts[other[step] ?? 0]?.[from];
    if (row !== undefined) row[to] = (row[to] ?? 0) + 1;
  }
  return counts.map((ofOther) => ofOther.map((row, from) => shrunk(row, pooled(counts, from))));
}

function pooled(counts: readonly (readonly Float64Array[])[], from: number): Float64Array {
  return Float64Array.from({ length: AGE_CLASSES }, (_, to) =>
    counts.reduce((total, ofOther) => total + (ofOther[from]?.[to] ?? 0), 0),
  );
}

function shrunk(row: Float64Array, all: Float64Array): Transition[] {
  const seen = sum(row);
  const seenInAll = sum(all);
  return Array.from(all, (count, next) => ({
    next,
    chance: ((row[next] ?? 0) + (POOLED_STEPS * count) / seenInAll) / (seen + POOLED_STEPS),
  })).filter(({ chance }) => chance > 0);
}

/** Of the steps in which a pool of two that are up goes away, the share in which both do. */
function lostTogether([first, second]: readonly Uint8Array[]): number {
  let both = 0;
  let any = 0;
  if (first === undefined || second === undefined) return 0;
  for (let step = 0; step < first.length; step += 1) {
    const after = (step + 1) % first.length;
    if (first[step] !== 1 || second[step] !== 1) continue;
    const lost = Number(first[after] === 0) + Number(second[after] === 0);
    if (lost > 0) any += 1;
    if (lost === 2) both += 1;
  }
  return any === 0 ? 0 : both / any;
}

function jointRows(first: readonly Rows[], second: readonly Rows[], together: number): Rows {
  return Array.from({ length: AGE_CLASSES ** 2 }, (_, state) => {
    const [a, b] = [classIn(state, 0, 2), classIn(state, 1, 2)];
    const ofFirst = first[Number(isUpClass(b))]?.[a] ?? [];
    const ofSecond = second[Number(isUpClass(a))]?.[b] ?? [];
    return product(ofFirst, ofSecond, isUpClass(a) && isUpClass(b) ? together : 0);
  });
}

/** Losses of both are as frequent as seen, if that is more than by chance; what either loses in all stays as it is. */
function product(
  ofFirst: readonly Transition[],
  ofSecond: readonly Transition[],
  together: number,
): Transition[] {
  const a = lossChance(ofFirst);
  const b = lossChance(ofSecond);
  const both = Math.max(a * b, Math.min(((a + b) * together) / (1 + together), a, b));
  const byLosses = [
    [(1 - a - b + both) / ((1 - a) * (1 - b)), (b - both) / ((1 - a) * b)],
    [(a - both) / (a * (1 - b)), both / (a * b)],
  ];
  const weight = (one: Transition, other: Transition): number =>
    together === 0 ? 1 : (byLosses[Number(!isUpClass(one.next))]?.[Number(!isUpClass(other.next))] ?? 0);
  return ofFirst.flatMap((one) =>
    ofSecond
      .map((other) => ({
        next: stateOf([one.next, other.next]),
        chance: one.chance * other.chance * weight(one, other),
      }))
      .filter(({ chance }) => chance > 0),
  );
}

function lossChance(row: readonly Transition[]): number {
  return row.reduce((total, { next, chance }) => total + (isUpClass(next) ? 0 : chance), 0);
}

function sum(numbers: Float64Array): number {
  return numbers.reduce((total, one) => total + one, 0);
}

function mean(numbers: Float64Array): number {
  return sum(numbers) / numbers.length;
}
