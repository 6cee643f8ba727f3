import type { SpotAdvisor } from '@spotopt/cloud';
import type { Clock, UnitOfWork } from '@spotopt/kernel';
import type { MarketFact } from '../market/ports.js';
import type { Market } from '../pools/ports.js';
import type { AdvisorStore } from './ports.js';

export interface RefreshAdvisorDeps {
  readonly uow: UnitOfWork;
  readonly clock: Clock;
  readonly advisor: SpotAdvisor;
  readonly store: AdvisorStore;
  readonly intervalMs: number;
}

/** The Spot Advisor of every region in which a market is watched; one file has them all. */
export class RefreshAdvisor implements MarketFact {
  readonly kind = 'advisor';
  readonly unit = 'region';
  readonly intervalMs: number;

  constructor(private readonly deps: RefreshAdvisorDeps) {
    this.intervalMs = deps.intervalMs;
  }

  async read(regions: readonly Pick<Market, 'region'>[]): Promise<void> {
    const { uow, clock, advisor, store } = this.deps;
    const advice = await advisor.advice();
    const readAt = clock.now();
    for (const { region } of regions) {
      const ofRegion = advice.filter((one) => one.region === region);
      await uow.run((tx) => store.replace(tx, region, ofRegion, readAt));
    }
  }
}
