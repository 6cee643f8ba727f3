import { parsePoolId, regionOf } from '@spotopt/contracts';
import { type Clock, isAppError, type Tx, type UnitOfWork } from '@spotopt/kernel';
import type { MarkStore } from '../market/ports.js';
import type { CanonicalPriceReader } from '../training/ports.js';
import { fitPriors, type MarketSpells } from './fit-priors.js';
import { PoolSpells } from './pool-spells.js';
import type { PriorFit, PriorFitStore } from './ports.js';
import { begun, failed, finished } from './prior-fit.js';

export interface RunFitsDeps {
  readonly uow: UnitOfWork;
  readonly clock: Clock;
  readonly fits: PriorFitStore;
  readonly marks: MarkStore;
  readonly prices: CanonicalPriceReader;
}

export interface Run {
  readonly signal: AbortSignal;
  /** Refuses writes of a process that is no longer the one that fits. */
  readonly guard: (tx: Tx) => Promise<void>;
}

type Write = <T>(work: (tx: Tx) => Promise<T>) => Promise<T>;

/** Fits priors that were asked for, one after the other: spells of each pool, page by page, then the figures. */
export class RunFits {
  constructor(private readonly deps: RunFitsDeps) {}

  async execute(run: Run): Promise<void> {
    while (!run.signal.aborted) {
      const fit = await this.deps.uow.read((tx) => this.deps.fits.next(tx));
      if (fit === null) return;
      await this.#fit(fit, run);
    }
  }

  async #fit(asked: PriorFit, run: Run): Promise<void> {
    const { clock, fits } = this.deps;
    const write: Write = (work) =>
      this.deps.uow.run(async (tx) => {
        await run.guard(tx);
        return work(tx);
      });
    let fit = await write((tx) => fits.save(tx, asked, begun(asked, clock.now())));
    if (fit.state === 'failed') return;
    try {
      const found: PoolFound[] = [];
      for (const [index, poolId] of fit.pools.entries()) {
        const { instanceType, az } = parsePoolId(poolId);
        const spells = await this.#spellsOf(poolId, fit, run.signal);
        found.push({ market: { region: regionOf(az), instanceType }, spells });
        fit = await write((tx) => fits.save(tx, fit, { ...fit, progress: (index + 1) / fit.pools.length }));
      }
      const priors = fitPriors(byMarket(found));
      fit = await write((tx) => fits.save(tx, fit, finished(fit, priors, clock.now())));
    } catch (error) {
      if (run.signal.aborted) return;
      await this.#giveUp(error, fit, write);
    }
  }

  async #spellsOf(poolId: string, fit: PriorFit, signal: AbortSignal): Promise<PoolSpells> {
    const marks = await this.deps.uow.read((tx) => this.deps.marks.listMarks(tx, [poolId], fit.from));
    const spells = new PoolSpells(marks.filter(({ at, kind }) => kind !== 'rebalance' && at < fit.until));
    for await (const page of this.deps.prices.pages(poolId, fit, signal)) {
      for (const bucket of page) spells.add(bucket);
    }
    spells.finish();
    return spells;
  }

  /** What may pass by itself is tried again later; anything else is the end of this fit, not of the others. */
  async #giveUp(error: unknown, fit: PriorFit, write: Write): Promise<void> {
    const { clock, fits } = this.deps;
    const message = error instanceof Error ? error.message : String(error);
    const passes = isAppError(error) && error.kind === 'transient';
    const next = passes ? { ...fit, error: message } : failed(fit, message, clock.now());
    await write((tx) => fits.save(tx, fit, next));
    if (passes) throw error;
  }
}

interface PoolFound {
  readonly market: Omit<MarketSpells, 'up' | 'down'>;
  readonly spells: PoolSpells;
}

function byMarket(found: readonly PoolFound[]): MarketSpells[] {
  const groups = Map.groupBy(found, ({ market }) => `${market.region} ${market.instanceType}`);
  return [...groups.values()].flatMap((pools) => {
    const [first] = pools;
    if (first === undefined) return [];
    return [
      {
        ...first.market,
        up: pools.flatMap(({ spells }) => spells.up),
        down: pools.flatMap(({ spells }) => spells.down),
      },
    ];
  });
}
