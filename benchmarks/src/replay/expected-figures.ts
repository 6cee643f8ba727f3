import type { Figures, ReplayAction, StepRecord } from '@spotopt/decision/replay';
import { z } from 'zod';

const Expected = z.object({
  switches: z.number(),
  voluntary: z.number(),
  forced: z.number(),
  cold: z.number(),
  ints: z.number(),
  survived: z.number(),
  replica_losses: z.number(),
  launch_failed: z.number(),
  hours: z.number(),
  cost: z.number(),
  replica_cost: z.number(),
  downtime_s: z.number(),
  cost_ratio: z.number(),
  availability: z.number(),
  score: z.number(),
});
export type Expected = z.output<typeof Expected>;

/** Figures of every policy and scenario, as `expected_results.json` holds them. */
export const ExpectedResults = z.array(Expected.extend({ scenario: z.string(), policy: z.string() }));

const Place = z.string().nullable();
const Step = z.object({
  events: z.array(z.unknown()),
  action: z.object({ primary: Place, replica: Place }),
  primary: z.string(),
  replica: Place,
  cost: z.number(),
  downtime_s: z.number(),
});
export type ExpectedStep = z.output<typeof Step>;

/** A small market with every step that every policy takes, as `testvector.json` holds it. */
export const TestVector = z.object({
  dt_s: z.number(),
  on_demand_usd_h: z.number(),
  start: z.iso.datetime(),
  pools: z.array(z.string()),
  price: z.array(z.array(z.number())),
  avail: z.array(z.array(z.number())),
  runs: z.record(
    z.string(),
    z.object({ steps: z.array(Step).optional(), objective: z.number().optional(), result: Expected }),
  ),
});
export type TestVector = z.output<typeof TestVector>;

const NAMES: Readonly<Record<keyof Expected, keyof Figures>> = {
  switches: 'switches',
  voluntary: 'voluntary',
  forced: 'forced',
  cold: 'cold',
  ints: 'interruptions',
  survived: 'survived',
  replica_losses: 'replicaLosses',
  launch_failed: 'launchesFailed',
  hours: 'hours',
  cost: 'costUsd',
  replica_cost: 'replicaCostUsd',
  downtime_s: 'downtimeSeconds',
  cost_ratio: 'costRatio',
  availability: 'availability',
  score: 'score',
};

/** Of the expected number; of one, where nothing was expected. */
export function relativeDifference(measured: number, expected: number): number {
  return Math.abs(measured - expected) / (expected === 0 ? 1 : Math.abs(expected));
}

/** The greatest of all figures, with its name. */
export function greatestDifference(
  figures: Figures,
  expected: Expected,
): { name: string; difference: number } {
  return Object.entries(NAMES)
    .map(([name, own]) => ({
      name,
      difference: relativeDifference(figures[own], expected[name as keyof Expected]),
    }))
    .reduce((worst, one) => (one.difference > worst.difference ? one : worst));
}

/** Zero only where the step went the same way. */
export function stepDifference(record: StepRecord, action: ReplayAction, expected: ExpectedStep): number {
  const isSame =
    record.primary === expected.primary &&
    record.replica === expected.replica &&
    action.primary === expected.action.primary &&
    action.replica === expected.action.replica &&
    JSON.stringify(record.events) === JSON.stringify(expected.events);
  if (!isSame) return Number.POSITIVE_INFINITY;
  return Math.max(
    relativeDifference(record.costUsd, expected.cost),
    relativeDifference(record.downtimeSeconds, expected.downtime_s),
  );
}
