import { setImmediate as eventsHandled } from 'node:timers/promises';
import {
  HazardEngine,
  hazardLearner,
  type Learned,
  NOTHING_LEARNED,
  type Observation,
} from '@spotopt/decision';
import type { BenchContext } from '../bench.js';
import { medianOf, quantileOf } from '../median.js';
import { observationOf, STEP_S, SyntheticMarket } from './synthetic-market.js';

const SEED = 4;
/** 200 pools. */
const SIZE = { regions: 10, zones: 5, types: 4 };
const STEPS = (90 * 86_400) / STEP_S;
/** Moments of the last days that are decided about, each many times. */
const MOMENTS = 50;
const BLOCKS = 20;
const DECISIONS_PER_BLOCK = 250;
const COPIES_PER_BLOCK = 50;
const START_S = Date.parse('2026-01-01T00:00:00Z') / 1000;

/**
 * How long one decision takes with 200 pools and 90 days learned, beside a copy of what it looks at. The p99 is the
 * median of those of twenty blocks, so that a moment in which the machine did something else does not decide; the rate
 * counts the time on the processor, with what is collected of it.
 */
export async function measureDecide(context: BenchContext): Promise<void> {
  const { observations, learned } = await learnt(context);
  const engine = new HazardEngine();
  const decide = (observation: Observation): unknown => engine.propose(observation);
  const copy = (observation: Observation): unknown => JSON.parse(JSON.stringify(observation));
  const decisions: Block[] = [];
  const copies: Block[] = [];
  measureBlock(observations, DECISIONS_PER_BLOCK * 4, decide);
  for (let turn = 0; turn < BLOCKS; turn += 1) {
    decisions.push(measureBlock(observations, DECISIONS_PER_BLOCK, decide));
    copies.push(measureBlock(observations, COPIES_PER_BLOCK, copy));
    await eventsHandled();
    context.signal.throwIfAborted();
  }
  for (const [name, share] of [
    ['p50', 0.5],
    ['p99', 0.99],
  ] as const) {
    const of = (blocks: readonly Block[]): number =>
      medianOf(blocks.map(({ eachMs }) => quantileOf(eachMs, share)));
    context.report({ name: `decide.${name}`, value: of(decisions), unit: 'ms', reference: of(copies) });
  }
  const [value, reference] = [rateOf(decisions), rateOf(copies)];
  context.report({ name: 'decide.rate', value, unit: 'decisions/s', reference });
  const sizes = [...learned.pools.values()].map((belief) => JSON.stringify(belief).length);
  context.report({ name: 'decide.belief', value: Math.max(...sizes), unit: 'bytes', reference: null });
}

async function learnt(context: BenchContext): Promise<{ observations: Observation[]; learned: Learned }> {
  const market = new SyntheticMarket(SIZE, SEED);
  const observations: Observation[] = [];
  let learned = NOTHING_LEARNED;
  let learningMs = 0;
  for (let step = 1; step <= STEPS; step += 1) {
    const sample = market.next(START_S + step * STEP_S);
    const startedAtMs = performance.now();
    learned = hazardLearner.learn(learned, sample);
    learningMs += performance.now() - startedAtMs;
    const left = STEPS - step;
    if (left % 12 === 0 && left < MOMENTS * 12) observations.push(observationOf(sample, learned, left));
    if (step % 1_000 !== 0) continue;
    await eventsHandled();
    context.signal.throwIfAborted();
  }
  context.tell(`learned ${String(STEPS)} samples in ${(learningMs / 1000).toFixed(1)} s`);
  context.report({ name: 'decide.learn', value: learningMs / STEPS, unit: 'ms/sample', reference: null });
  return { observations, learned };
}

interface Block {
  readonly eachMs: readonly number[];
  /** On the processor, in all. */
  readonly processorMs: number;
}

function measureBlock(
  observations: readonly Observation[],
  times: number,
  work: (observation: Observation) => unknown,
): Block {
  const eachMs: number[] = [];
  const before = process.cpuUsage();
  for (let turn = 0; turn < times; turn += 1) {
    const observation = observations[turn % observations.length];
    if (observation === undefined) break;
    const startedAtMs = performance.now();
    work(observation);
    eachMs.push(performance.now() - startedAtMs);
  }
  const { user, system } = process.cpuUsage(before);
  return { eachMs, processorMs: (user + system) / 1000 };
}

function rateOf(blocks: readonly Block[]): number {
  const times = blocks.reduce((sum, { eachMs }) => sum + eachMs.length, 0);
  return (times * 1000) / blocks.reduce((sum, { processorMs }) => sum + processorMs, 0);
}
