import { parsePoolId, regionOf } from '@spotopt/contracts';
import type { Clock, UnitOfWork } from '@spotopt/kernel';
import type { MarketState, MarketStore } from '../market/ports.js';
import type { Workload, WorkloadStore } from '../workload/ports.js';
import type { DecideWorkload } from './decide-workload.js';
import type { MarketRefresh } from './ports.js';

export interface DecideDueDeps {
  readonly uow: UnitOfWork;
  readonly clock: Clock;
  readonly workloads: WorkloadStore;
  readonly markets: MarketStore;
  readonly refreshMarket: MarketRefresh;
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

/** Workloads of one pass; those beyond are the first of the next one. */
const BATCH = 500;

/** One pass over the workloads whose next decision is due. */
export class DecideDue {
  constructor(
    private readonly deps: DecideDueDeps,
    private readonly settings: DecideDueSettings,
  ) {}

  async execute(signal?: AbortSignal): Promise<void> {
    const { uow, clock, workloads } = this.deps;
    const due = await uow.read((tx) => workloads.listDue(tx, clock.now(), BATCH));
    for (const [, group] of Map.groupBy(due, (workload) => keyOf(marketOf(workload)))) {
      const first = group[0];
      if (first === undefined || signal?.aborted === true) return;
      const market = await this.#freshMarket(marketOf(first));
      for (const workload of group) {
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
    try {
      await refreshMarket.execute(market);
      return await find();
    } catch (error) {
      onError(error, `the prices of ${keyOf(market)} could not be fetched`);
      return known;
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
