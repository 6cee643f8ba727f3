import { parsePoolId, regionOf } from '@spotopt/contracts';
import type { Clock, UnitOfWork } from '@spotopt/kernel';
import type { MarketState, MarketStore } from '../market/ports.js';
import type { Workload, WorkloadStore } from '../workload/ports.js';
import type { DecideWorkload } from './decide-workload.js';
import type { MarketLearner, MarketRefresh } from './ports.js';

export interface DecideDueDeps {
  readonly uow: UnitOfWork;
  readonly clock: Clock;
  readonly workloads: WorkloadStore;
  readonly markets: MarketStore;
  readonly refreshMarket: MarketRefresh;
  readonly learnMarket: MarketLearner;
  readonly decideWorkload: DecideWorkload;
  /** Told of what did not work and is tried again later. */
  readonly onError: (error: unknown, what: string) => void;
}

export interface DecideDueSettings {
  /** Age at which a market is fetched anew from the owner of prices, in case an event was lost. */
  readonly refreshMs: number;
  /** How long the first decision about a workload waits for prices. */
  readonly patienceMs: number;
}

const RETRY_MS = 2 * 60_000;

/** Workloads that are read at a time. */
const BATCH = 500;

/** One pass over the workloads whose next decision is due. */
export class DecideDue {
  /** When a market whose prices could not be fetched is tried again. */
  readonly #notBeforeMs = new Map<string, number>();

  constructor(
    private readonly deps: DecideDueDeps,
    private readonly settings: DecideDueSettings,
  ) {}

  async execute(signal?: AbortSignal): Promise<void> {
    const { uow, clock, workloads } = this.deps;
    const isOver = (): boolean => signal?.aborted === true;
    const now = clock.now();
    let after: Workload | undefined;
    do {
      // One that cannot be decided yet stays due, and holds up nobody behind it.
      const due = await uow.read((tx) => workloads.listDue(tx, { now, limit: BATCH, after }));
      await this.#decideAll(due, isOver);
      after = due.length < BATCH ? undefined : due.at(-1);
    } while (after !== undefined && !isOver());
  }

  async #decideAll(due: readonly Workload[], isOver: () => boolean): Promise<void> {
    for (const [, group] of Map.groupBy(due, (workload) => keyOf(marketOf(workload)))) {
      const first = group[0];
      if (first === undefined || isOver()) return;
      const market = await this.#freshMarket(marketOf(first));
      await this.#learn(marketOf(first));
      for (const workload of group) {
        if (isOver()) return;
        if (this.#mayDecide(workload, market)) await this.#decide(workload);
      }
    }
  }

  /** The state of the market after it was fetched, where that was due. */
  async #freshMarket(market: Market): Promise<MarketState | null> {
    const { uow, clock, markets, refreshMarket, onError } = this.deps;
    const find = (): Promise<MarketState | null> => uow.read((tx) => markets.find(tx, market));
    const known = await find();
    const refreshedAtMs = known?.refreshedAt?.getTime() ?? Number.NEGATIVE_INFINITY;
    if (clock.nowMs() - refreshedAtMs < this.settings.refreshMs) return known;
    const key = keyOf(market);
    // While the owner of prices is away each try costs a time-out, for which everybody behind it would wait.
    if (clock.nowMs() < (this.#notBeforeMs.get(key) ?? 0)) return known;
    try {
      await refreshMarket.execute(market);
      this.#notBeforeMs.delete(key);
      return await find();
    } catch (error) {
      this.#notBeforeMs.set(key, clock.nowMs() + RETRY_MS);
      onError(error, `the prices of ${key} could not be fetched`);
      return known;
    }
  }

  /** An engine that knows nothing of a market yet would be more careful than it need be. */
  async #learn(market: Market): Promise<void> {
    try {
      await this.deps.learnMarket.learn(market);
    } catch (error) {
      this.deps.onError(error, `nothing new could be learned of ${keyOf(market)}`);
    }
  }

  /** A new workload waits for its prices a little, so that its first decision is a real one. */
  #mayDecide(workload: Workload, market: MarketState | null): boolean {
    const pricesKnown = market !== null && market.readUntil !== null && market.refreshedAt !== null;
    const waitedMs = this.deps.clock.nowMs() - workload.registeredAt.getTime();
    return pricesKnown || waitedMs >= this.settings.patienceMs;
  }

  async #decide(workload: Workload): Promise<void> {
    try {
      await this.deps.decideWorkload.execute(workload.agentId);
    } catch (error) {
      this.deps.onError(error, `no decision could be made about ${workload.agentId}`);
    }
  }
}

interface Market {
  readonly region: string;
  readonly instanceType: string;
}

/** Where the workload runs now decides which prices it needs, not what it once registered with. */
function marketOf({ region, instanceType, primary }: Workload): Market {
  if (primary === null) return { region, instanceType };
  const pool = parsePoolId(primary.poolId);
  return { region: regionOf(pool.az), instanceType: pool.instanceType };
}

function keyOf({ region, instanceType }: Market): string {
  return `${instanceType} in ${region}`;
}
