import { AppError, type Clock } from '@spotopt/kernel';
import { OnDemandPriceList } from './on-demand-price-list.js';
import {
  checkPlacementQuestion,
  type PlacementQuestion,
  PlacementScores,
  type ZoneScore,
} from './placement-scores.js';
import { type SpotAdvice, SpotAdvisor } from './spot-advisor.js';

const DAY_MS = 86_400_000;

/** Failures that a test wants. */
class Failures {
  /** Thrown by every call while it is set. */
  always: AppError | null = null;
  /** Thrown by the next calls, one each. */
  readonly next: AppError[] = [];

  raise(): void {
    const failure = this.next.shift() ?? this.always;
    if (failure !== null) throw failure;
  }
}

/** A price list that a test writes. */
export class FixedPriceList extends OnDemandPriceList {
  /** USD per hour by region and type; may be changed between two reads. */
  readonly usdPerHour = new Map<string, Map<string, number>>();
  readonly failures = new Failures();
  /** What was asked so far. */
  readonly asked: { readonly region: string; readonly instanceTypes: readonly string[] }[] = [];

  set(region: string, instanceType: string, usdPerHour: number): this {
    const prices = this.usdPerHour.get(region) ?? new Map<string, number>();
    this.usdPerHour.set(region, prices.set(instanceType, usdPerHour));
    return this;
  }

  override async prices(
    region: string,
    instanceTypes: readonly string[],
  ): Promise<ReadonlyMap<string, number>> {
    this.asked.push({ region, instanceTypes });
    this.failures.raise();
    const listed = [...(this.usdPerHour.get(region) ?? [])];
    return new Map(listed.filter(([instanceType]) => instanceTypes.includes(instanceType)));
  }
}

export interface FixedScoresSettings {
  readonly clock: Clock;
  /** By zone name. */
  readonly scores: Readonly<Record<string, number>>;
  /** @default 10 */
  readonly newConfigurationsPerDay?: number;
}

/** Placement scores that a test writes, with the limit of new configurations that AWS has. */
export class FixedPlacementScores extends PlacementScores {
  readonly failures = new Failures();
  readonly asked: PlacementQuestion[] = [];
  readonly scoreByZone: Map<string, number>;
  readonly #firstAskedMs = new Map<string, number>();

  constructor(private readonly settings: FixedScoresSettings) {
    super();
    this.scoreByZone = new Map(Object.entries(settings.scores));
  }

  override async scores(question: PlacementQuestion): Promise<readonly ZoneScore[]> {
    checkPlacementQuestion(question);
    this.asked.push(question);
    this.failures.raise();
    this.#admit(question);
    return [...this.scoreByZone]
      .filter(([az]) => az.startsWith(question.region))
      .map(([az, score]) => ({ az, score }));
  }

  #admit({ region, instanceTypes, targetCapacity }: PlacementQuestion): void {
    const { clock, newConfigurationsPerDay = 10 } = this.settings;
    const configuration = [region, String(targetCapacity), ...new Set([...instanceTypes].sort())].join(' ');
    if (this.#firstAskedMs.has(configuration)) return;
    const sinceMs = clock.nowMs() - DAY_MS;
    const recent = [...this.#firstAskedMs.values()].filter((firstMs) => firstMs > sinceMs);
    if (recent.length >= newConfigurationsPerDay) {
      throw AppError.transient('placement-score-limit', 'too many configurations in 24 hours');
    }
    this.#firstAskedMs.set(configuration, clock.nowMs());
  }
}

/** What the Spot Advisor says, written by a test. */
export class FixedSpotAdvisor extends SpotAdvisor {
  readonly failures = new Failures();
  /** How often it was read. */
  reads = 0;

  constructor(public entries: readonly SpotAdvice[] = []) {
    super();
  }

  override async advice(): Promise<readonly SpotAdvice[]> {
    this.reads += 1;
    this.failures.raise();
    return this.entries;
  }
}
