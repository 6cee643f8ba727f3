import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { engineHost, type Observation, HazardEngine } from '@spotopt/decision';
import type { BenchContext } from '../bench.js';
import { medianOf, quantileOf } from '../median.js';
import { hostileEngines } from './sample-engines.js';

const HOSTILE = 50;
const ROUNDS = 16;
/** The compiler and the collector need a while until they have settled. */
const WARM_UP_MS = 10_000;
/** Fifty are opened at once at most after a restart, with all of them in shadow: uploads are activated one by one. */
const SETTLE_MS = 3_000;
/** Of a round; half of it before, half of it after the time beside hostile engines, which is as long. */
const ALONE_MS = 4_000;
const TIMEOUT_MS = 1_000;
/** After an answer or a failure. */
const ASKED_AGAIN_MS = 100;

interface Decisions {
  /** Of the processor time of the service's thread: a host that gives a machine less than it asks for does not count. */
  readonly perCpuSecond: number;
  /** On the clock, with all that the host of the machine does at the same time. */
  readonly perSecond: number;
  readonly p99Ms: number;
}

/** A time beside hostile engines, and the mean of the times alone just before and after it. */
interface Round {
  readonly alone: Decisions;
  readonly beside: Decisions;
}

/**
 * Decisions of the default engine in the service's own process, alone and beside hostile engines, in turn. The speed of
 * a virtual machine changes by a quarter within seconds, so that each round is compared with itself.
 */
export async function measureNeighbours(context: BenchContext, market: Observation): Promise<void> {
  const rounds: Round[] = [];
  await decideFor(WARM_UP_MS, market);
  for (let number = 1; number <= ROUNDS; number += 1) {
    context.signal.throwIfAborted();
    const before = await decideFor(ALONE_MS / 2, market);
    const beside = await besideHostile(market);
    const alone = meanOf(before, await decideFor(ALONE_MS / 2, market));
    rounds.push({ alone, beside });
    context.tell(
      `neighbours, round ${String(number)} of ${String(ROUNDS)}: ${describe(alone)} alone, ${describe(beside)} beside`,
    );
  }
  const report = (name: string, unit: string, pick: (decisions: Decisions) => number): void => {
    const reference = medianOf(rounds.map(({ alone }) => pick(alone)));
    const ratio = medianOf(rounds.map(({ alone, beside }) => pick(beside) / pick(alone)));
    context.report({ name: `engines.${name}`, unit, value: reference * ratio, reference });
  };
  report('neighbour-rate', 'decisions/s of processor time', ({ perCpuSecond }) => perCpuSecond);
  report('neighbour-clock-rate', 'decisions/s', ({ perSecond }) => perSecond);
  report('neighbour-clock-p99', 'ms', ({ p99Ms }) => p99Ms);
}

function meanOf(one: Decisions, other: Decisions): Decisions {
  const mean = (pick: (decisions: Decisions) => number): number => (pick(one) + pick(other)) / 2;
  return {
    perCpuSecond: mean(({ perCpuSecond }) => perCpuSecond),
    perSecond: mean(({ perSecond }) => perSecond),
    p99Ms: mean(({ p99Ms }) => p99Ms),
  };
}

function describe({ perCpuSecond, perSecond, p99Ms }: Decisions): string {
  return `${perCpuSecond.toFixed(0)}/s of processor time (${perSecond.toFixed(0)}/s, p99 ${p99Ms.toFixed(3)} ms on the clock)`;
}

async function decideFor(durationMs: number, market: Observation): Promise<Decisions> {
  const engine = new HazardEngine();
  const tookMs: number[] = [];
  const startedAtMs = performance.now();
  const cpuFromMs = threadCpuMs();
  while (performance.now() - startedAtMs < durationMs) {
    const decidedAtMs = performance.now();
    engine.propose(market);
    // What the engines make the loop of the process do delays the next client, so that it belongs to the decision's time.
    await nextTurn();
    tookMs.push(performance.now() - decidedAtMs);
  }
  return {
    perCpuSecond: (tookMs.length * 1_000) / (threadCpuMs() - cpuFromMs),
    p99Ms: quantileOf(tookMs, 0.99),
    perSecond: (tookMs.length * 1_000) / (performance.now() - startedAtMs),
  };
}

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

/** Each hostile engine is asked again as soon as it failed; a new host, so that no pause of an earlier round helps. */
async function besideHostile(market: Observation): Promise<Decisions> {
  const host = engineHost();
  const over = new AbortController();
  const callers = hostileEngines(HOSTILE).map(async (artifact, index) => {
    const runner = host.open(artifact);
    // Clients do not ask in step.
    await pause((index * ASKED_AGAIN_MS) / HOSTILE);
    while (!over.signal.aborted) {
      await runner.propose(market, TIMEOUT_MS).catch(() => undefined);
      await pause(ASKED_AGAIN_MS);
    }
  });
  try {
    await decideFor(SETTLE_MS, market);
    return await decideFor(ALONE_MS, market);
  } finally {
    over.abort();
    await host.close();
    await Promise.all(callers);
  }
}
