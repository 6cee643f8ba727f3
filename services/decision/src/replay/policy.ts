import { ON_DEMAND, type ReplayMarket, type ReplayRules } from './scenario.js';

export type ReplayEvent =
  | { readonly kind: 'replica_lost'; readonly pool: string }
  | {
      readonly kind: 'interrupted';
      readonly pool: string;
      readonly outcome: 'failover' | 'down';
      readonly to: string | null;
    };

export interface PlacedMachine {
  /** Pool id, or `on-demand`. */
  readonly pool: string;
  readonly ageSeconds: number;
}

/** What a policy sees of one step. */
export interface StepObservation {
  readonly step: number;
  /** Epoch seconds. */
  readonly atS: number;
  /** By pool, in the order of the market. */
  readonly prices: readonly number[];
  readonly available: readonly boolean[];
  readonly onDemandUsdPerHour: number;
  readonly primary: PlacedMachine | null;
  readonly replica: (PlacedMachine & { readonly ready: boolean }) | null;
  readonly events: readonly ReplayEvent[];
}

export interface ReplayAction {
  /** Null keeps the present one. */
  readonly primary: string | null;
  /** Null ends the present one. */
  readonly replica: string | null;
}

/** Decides once per step. One object plays one scenario: it may remember what it saw. */
export abstract class ReplayPolicy {
  abstract readonly name: string;
  abstract act(observation: StepObservation): ReplayAction | Promise<ReplayAction>;
}

/** A policy that needs nobody else to decide. */
export abstract class PromptPolicy extends ReplayPolicy {
  abstract override act(observation: StepObservation): ReplayAction;
}

/** Questions that several policies ask. */
export class MarketView {
  readonly #index: ReadonlyMap<string, number>;

  constructor(
    readonly market: ReplayMarket,
    readonly rules: ReplayRules,
  ) {
    this.#index = new Map(market.pools.map(({ id }, index) => [id, index]));
  }

  indexOf(pool: string): number | undefined {
    return this.#index.get(pool);
  }

  zoneOf(pool: string): string | undefined {
    const index = this.#index.get(pool);
    return index === undefined ? undefined : this.market.pools[index]?.az;
  }

  isUp(observation: StepObservation, pool: string): boolean {
    if (pool === ON_DEMAND) return true;
    const index = this.#index.get(pool);
    return index !== undefined && observation.available[index] === true;
  }

  priceOf(observation: StepObservation, pool: string): number {
    const index = this.#index.get(pool);
    return index === undefined ? observation.onDemandUsdPerHour : (observation.prices[index] ?? 0);
  }

  /** The cheapest available pool that is not banned; the earlier one of two at the same price. */
  cheapest(observation: StepObservation, isBanned: (pool: string) => boolean = () => false): string | null {
    let best: string | null = null;
    let bestUsd = Number.POSITIVE_INFINITY;
    for (const [index, { id }] of this.market.pools.entries()) {
      const usd = observation.prices[index] ?? Number.POSITIVE_INFINITY;
      if (observation.available[index] !== true || usd >= bestUsd || isBanned(id)) continue;
      best = id;
      bestUsd = usd;
    }
    return best;
  }
}
