import { parsePoolId, regionOf } from '@spotopt/contracts';
import type { MarkStore } from '../market/ports.js';
import { type Attempt, QueueRunner, type QueueRunnerDeps } from '../queue/queue-runner.js';
import { completed } from '../queue/queued-job.js';
import type { CanonicalPriceReader } from '../training/ports.js';
import { fitPriors, type MarketSpells } from './fit-priors.js';
import { PoolSpells } from './pool-spells.js';
import type { PriorFit } from './ports.js';

export interface RunFitsDeps extends QueueRunnerDeps<PriorFit> {
  readonly marks: MarkStore;
  readonly prices: CanonicalPriceReader;
}

/** Fits priors: spells of each pool, page by page, then the figures. */
export class RunFits extends QueueRunner<PriorFit> {
  constructor(private readonly deps: RunFitsDeps) {
    super(deps);
  }

  protected override async perform(attempt: Attempt<PriorFit>): Promise<void> {
    const { pools } = attempt.job;
    const found: PoolFound[] = [];
    for (const [index, poolId] of pools.entries()) {
      const { instanceType, az } = parsePoolId(poolId);
      const spells = await this.#spellsOf(poolId, attempt.job, attempt.signal);
      found.push({ market: { region: regionOf(az), instanceType }, spells });
      await attempt.save({ ...attempt.job, progress: (index + 1) / pools.length });
    }
    const priors = fitPriors(byMarket(found));
    await attempt.save({ ...completed(attempt.job, this.deps.clock.now()), priors });
  }

  /** Nothing is kept until the figures are known. */
  protected override clear(): Promise<void> {
    return Promise.resolve();
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
