import type { Tx } from '@spotopt/kernel';
import type { OnDemandPrices } from '../on-demand/ports.js';
import { BUCKET_MS, bucketOf, type SeriesReader } from '../series/ports.js';
import { DAY_MS, dayOf, startOfDayMs } from './day.js';
import { type Figures, figuresOfLine, sumOf } from './figures.js';
import type { MicroUsd } from './money.js';
import type { LedgerScope, UsageStore, UsedMachine } from './ports.js';
import { type PoolPrices, type PricedLine, priceUsage, type Usage } from './price-usage.js';

/** A workload's day, worked out from its usage and the prices of now. */
export interface AgentDay {
  readonly agentId: string;
  readonly clientId: string;
  readonly day: string;
  readonly lines: readonly PricedLine[];
  readonly figures: Figures;
  /** Null when the counterfactual of a primary is not known for sure. */
  readonly counterfactualMicroUsd: MicroUsd | null;
}

export interface ComputeDaysDeps {
  readonly usage: UsageStore;
  readonly series: SeriesReader;
  readonly onDemand: OnDemandPrices;
}

interface Collected {
  readonly agentId: string;
  readonly clientId: string;
  readonly day: string;
  readonly lines: PricedLine[];
  readonly counts: Partial<Figures>[];
}

/** Works days out; a day on which nothing ran and nothing happened is not there. */
export class ComputeDays {
  constructor(private readonly deps: ComputeDaysDeps) {}

  /** @param range whole days from `fromMs` on; the last one may end early, now */
  async execute(
    tx: Tx,
    range: LedgerScope & { readonly fromMs: number; readonly untilMs: number },
  ): Promise<AgentDay[]> {
    const days = new Map<string, Collected>();
    const prices = new PricesOfDay(tx, this.deps);
    for (const machine of await this.deps.usage.machinesIn(tx, range)) {
      for (const usage of usagesOf(machine, range)) {
        const known = await prices.of(usage.poolId, dayOf(usage.fromMs));
        collected(days, usage, usage.fromMs).lines.push(...priceUsage(usage, known));
      }
    }
    for (const occurrence of await this.deps.usage.occurrencesIn(tx, range)) {
      const { kind, downtimeMs, atMs } = occurrence;
      const count = kind === 'switch' ? { switches: 1, downtimeMs } : { interruptions: 1 };
      collected(days, occurrence, atMs).counts.push(count);
    }
    return [...days.values()].map(toAgentDay);
  }
}

/** Reads the prices of a pool and day once, however many machines ran there. */
class PricesOfDay {
  readonly #known = new Map<string, Promise<PoolPrices>>();

  constructor(
    private readonly tx: Tx,
    private readonly deps: ComputeDaysDeps,
  ) {}

  of(poolId: string, day: string): Promise<PoolPrices> {
    const key = `${day} ${poolId}`;
    const known = this.#known.get(key) ?? this.#read(poolId, startOfDayMs(day));
    this.#known.set(key, known);
    return known;
  }

  async #read(poolId: string, startMs: number): Promise<PoolPrices> {
    const { series, onDemand } = this.deps;
    const [from, until] = [new Date(startMs), new Date(startMs + DAY_MS)];
    const buckets = await series.range(this.tx, poolId, from, until);
    const isComplete = buckets[0] !== undefined && buckets[0].bucketAt.getTime() < startMs + BUCKET_MS;
    return {
      buckets: new Map(buckets.map((bucket) => [bucketOf(bucket.bucketAt.getTime()), bucket])),
      before: isComplete ? null : await series.lastBefore(this.tx, poolId, from),
      onDemand: await onDemand.priceOf(this.tx, poolId, from, until),
    };
  }
}

function usagesOf(machine: UsedMachine, range: { fromMs: number; untilMs: number }): Usage[] {
  const { ec2InstanceId, mode, poolId } = machine;
  return machine.intervals.flatMap((interval) => {
    const { agentId, clientId, instanceId, purpose } = interval;
    const fromMs = Math.max(interval.fromMs, range.fromMs);
    const toMs = Math.min(interval.toMs ?? range.untilMs, range.untilMs);
    return daysWithin(fromMs, toMs).map((part) => ({
      ...{ agentId, clientId, instanceId, ec2InstanceId, mode, poolId, purpose },
      ...part,
    }));
  });
}

function daysWithin(fromMs: number, toMs: number): { fromMs: number; toMs: number }[] {
  const parts: { fromMs: number; toMs: number }[] = [];
  for (let atMs = fromMs; atMs < toMs;) {
    const endMs = Math.min(startOfDayMs(dayOf(atMs)) + DAY_MS, toMs);
    parts.push({ fromMs: atMs, toMs: endMs });
    atMs = endMs;
  }
  return parts;
}

function collected(
  days: Map<string, Collected>,
  of: { readonly agentId: string; readonly clientId: string },
  atMs: number,
): Collected {
  const { agentId, clientId } = of;
  const day = dayOf(atMs);
  const key = `${day} ${agentId}`;
  const known = days.get(key) ?? { agentId, clientId, day, lines: [], counts: [] };
  days.set(key, known);
  return known;
}

function toAgentDay({ agentId, clientId, day, lines, counts }: Collected): AgentDay {
  const figures = sumOf([...lines.map(figuresOfLine), ...counts]);
  return { agentId, clientId, day, lines, figures, counterfactualMicroUsd: counterfactualOf(lines) };
}

function counterfactualOf(lines: readonly PricedLine[]): MicroUsd | null {
  let sum = 0;
  for (const { counterfactualMicroUsd } of lines) {
    if (counterfactualMicroUsd === null) return null;
    sum += counterfactualMicroUsd;
  }
  return sum;
}
