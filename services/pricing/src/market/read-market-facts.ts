import { type AppError, backoffMs, type Clock, toAppError, type UnitOfWork } from '@spotopt/kernel';
import type { WatchStore } from '../history/ports.js';
import type { Market } from '../pools/ports.js';
import { type FactRead, type FactReadStore, type MarketFact, WHOLE_REGION } from './ports.js';

export interface ReadMarketFactsDeps {
  readonly uow: UnitOfWork;
  readonly clock: Clock;
  readonly random: () => number;
  readonly watches: WatchStore;
  readonly reads: FactReadStore;
  readonly facts: readonly MarketFact[];
  /** Told of every read that failed; the fact keeps its last value. */
  readonly onProblem: (error: AppError, fact: MarketFact, markets: readonly Market[]) => void;
}

const FIRST_RETRY_MS = 5 * 60_000;
const LONGEST_RETRY_MS = 6 * 3_600_000;

/**
 * Reads what is due of every fact of every watched market. A fact that cannot be read, for want of rights or because
 * AWS is away, is tried again later and later, and holds up no other.
 */
export class ReadMarketFacts {
  constructor(private readonly deps: ReadMarketFactsDeps) {}

  async execute(signal?: AbortSignal): Promise<void> {
    const { uow, watches, facts } = this.deps;
    const markets = await uow.read((tx) => watches.list(tx));
    for (const fact of facts) {
      const reads = await uow.read((tx) => this.deps.reads.list(tx, fact.kind));
      const known = new Map(reads.map((read) => [keyOf(read), read]));
      for (const batch of this.#due(fact, markets, known)) {
        if (signal?.aborted === true) return;
        await this.#read(fact, batch, known, signal);
      }
    }
  }

  #due(fact: MarketFact, markets: readonly Market[], known: ReadonlyMap<string, FactRead>): Market[][] {
    const nowMs = this.deps.clock.nowMs();
    const due = unitsOf(fact, markets).filter((unit) => {
      const dueAt = known.get(keyOf(unit))?.dueAt;
      return dueAt === undefined || dueAt.getTime() <= nowMs;
    });
    if (fact.unit === 'region') return due.length === 0 ? [] : [due];
    const byRegion = new Map<string, Market[]>();
    for (const unit of due) byRegion.set(unit.region, [...(byRegion.get(unit.region) ?? []), unit]);
    return [...byRegion.values()];
  }

  async #read(
    fact: MarketFact,
    batch: readonly Market[],
    known: ReadonlyMap<string, FactRead>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const triedAt = this.deps.clock.now();
    const error = await failureOf(fact.read(batch, signal));
    // What was stopped half-way is not done and did not fail.
    if (signal?.aborted === true) return;
    if (error !== null) this.deps.onProblem(error, fact, batch);
    await this.deps.uow.run(async (tx) => {
      for (const { region, instanceType } of batch) {
        const before = known.get(keyOf({ region, instanceType }))?.failures ?? 0;
        const failures = error === null ? 0 : before + 1;
        const waitMs = failures === 0 ? fact.intervalMs : this.#retryMs(failures);
        const dueAt = new Date(triedAt.getTime() + waitMs);
        const problem = error?.code ?? null;
        await this.deps.reads.save(tx, {
          ...{ kind: fact.kind, region, instanceType, failures, dueAt },
          ...{ triedAt, problem },
        });
      }
    });
  }

  #retryMs(failures: number): number {
    return backoffMs(failures, { initialMs: FIRST_RETRY_MS, maxMs: LONGEST_RETRY_MS }, this.deps.random());
  }
}

async function failureOf(work: Promise<void>): Promise<AppError | null> {
  try {
    await work;
    return null;
  } catch (error) {
    return toAppError(error);
  }
}

function unitsOf(fact: MarketFact, markets: readonly Market[]): Market[] {
  if (fact.unit === 'market') return markets.map(({ region, instanceType }) => ({ region, instanceType }));
  const regions = [...new Set(markets.map((market) => market.region))];
  return regions.map((region) => ({ region, instanceType: WHOLE_REGION }));
}

function keyOf({ region, instanceType }: Market): string {
  return `${region} ${instanceType}`;
}
