import type { EngineComparison } from '@spotopt/contracts';
import type { EngineRef } from '../runtime/ports.js';
import { type Advice, isSameAdvice, isSameEngine, type KnownOutcome } from './advice.js';
import type { PairedCluster } from './bootstrap.js';
import { verdictOf } from './verdict.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Sums up advice, decision by decision, so that any number of them fits. */
export class Comparison {
  readonly #tallies = new Map<string, Tally>();

  /** @param champion the engine that the others are measured against */
  constructor(private readonly champion: EngineRef) {}

  /** @param advice all that was said at one decision */
  add(advice: readonly Advice[]): void {
    const decided = advice.find(({ role }) => role === 'decided');
    const champion = advice.find(({ engine }) => isSameEngine(engine, this.champion));
    for (const one of advice) {
      const tally = this.#tallyOf(one.engine);
      tally.add(one);
      if (decided !== undefined) tally.addAgreement(one, decided);
      if (champion !== undefined && champion !== one) tally.addPair(one, champion);
    }
  }

  /** The champion first, then the cheapest. */
  async table(): Promise<EngineComparison[]> {
    const rows: EngineComparison[] = [];
    for (const tally of this.#tallies.values()) {
      rows.push(await tally.row(isSameEngine(tally.engine, this.champion)));
    }
    const cost = ({ realisedUsdPerHour }: EngineComparison): number =>
      realisedUsdPerHour ?? Number.POSITIVE_INFINITY;
    return rows.sort(
      (a, b) =>
        Number(b.champion) - Number(a.champion) ||
        (cost(a) === cost(b) ? 0 : cost(a) - cost(b)) ||
        (a.engine.engineId < b.engine.engineId ? -1 : 1),
    );
  }

  #tallyOf(engine: EngineRef): Tally {
    const key = `${engine.engineId} ${engine.version}`;
    const known = this.#tallies.get(key);
    if (known !== undefined) return known;
    const tally = new Tally(engine);
    this.#tallies.set(key, tally);
    return tally;
  }
}

class Tally {
  readonly #elapsedMs: number[] = [];
  readonly #clusters = new Map<string, Mutable<PairedCluster>>();
  readonly #expected = new Mean();
  readonly #realised = new Mean();
  readonly #regret = new Mean();
  readonly #agreement = new Mean();
  #decisions = 0;
  #decided = 0;
  #unknown = 0;
  #pending = 0;
  #estimated = 0;
  #failures = 0;
  #timeouts = 0;
  #losses = 0;
  #downtimeSeconds = 0;
  #comparedHours = 0;

  constructor(readonly engine: EngineRef) {}

  add(advice: Advice): void {
    const { role, failure, outcome, elapsedMs } = advice;
    this.#decisions += 1;
    this.#elapsedMs.push(elapsedMs);
    if (role === 'decided') this.#decided += 1;
    if (failure !== null) {
      this.#failures += 1;
      if (failure.code === 'engine-timeout') this.#timeouts += 1;
    } else if (outcome === null) this.#pending += 1;
    else if ('unknown' in outcome) this.#unknown += 1;
    else this.#addOutcome(advice, outcome);
  }

  #addOutcome({ advised, decidedAt, horizonEndsAt }: Advice, { cost, regretUsdPerHour }: KnownOutcome): void {
    this.#expected.add(advised?.expectedUsdPerHour ?? null);
    this.#realised.add(cost.usdPerHour);
    this.#regret.add(regretUsdPerHour);
    if (cost.estimated) this.#estimated += 1;
    this.#losses += cost.losses;
    this.#downtimeSeconds += cost.downtimeSeconds;
    this.#comparedHours += (horizonEndsAt.getTime() - decidedAt.getTime()) / HOUR_MS;
  }

  addAgreement(advice: Advice, decided: Advice): void {
    if (advice.advised !== null) this.#agreement.add(isSameAdvice(advice, decided) ? 1 : 0);
  }

  addPair(advice: Advice, champion: Advice): void {
    const [mine, theirs] = [knownCostOf(advice), knownCostOf(champion)];
    if (mine === null || theirs === null) return;
    const { region, instanceType, decidedAt, horizonEndsAt } = advice;
    // What happened within one horizon is one observation, not one for each day of it.
    const spanMs = Math.max(DAY_MS, horizonEndsAt.getTime() - decidedAt.getTime());
    const key = `${region} ${instanceType} ${String(Math.floor(decidedAt.getTime() / spanMs))}`;
    const cluster = this.#clusters.get(key) ?? { pairs: 0, championUsd: 0, challengerUsd: 0 };
    cluster.pairs += 1;
    cluster.championUsd += theirs;
    cluster.challengerUsd += mine;
    this.#clusters.set(key, cluster);
  }

  async row(champion: boolean): Promise<EngineComparison> {
    return {
      engine: this.engine,
      champion,
      decisions: this.#decisions,
      decided: this.#decided,
      compared: this.#realised.count,
      unknown: this.#unknown,
      pending: this.#pending,
      estimated: this.#estimated,
      failures: this.#failures,
      timeouts: this.#timeouts,
      agreement: this.#agreement.value,
      expectedUsdPerHour: this.#expected.value,
      realisedUsdPerHour: this.#realised.value,
      regretUsdPerHour: this.#regret.value,
      losses: this.#losses,
      downtimeSeconds: this.#downtimeSeconds,
      comparedHours: this.#comparedHours,
      elapsedMs: percentilesOf(this.#elapsedMs),
      verdict: champion ? null : await verdictOf([...this.#clusters.values()]),
    };
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Of what is known. */
class Mean {
  #sum = 0;
  #count = 0;

  add(value: number | null): void {
    if (value === null) return;
    this.#sum += value;
    this.#count += 1;
  }

  get count(): number {
    return this.#count;
  }

  get value(): number | null {
    return this.#count === 0 ? null : this.#sum / this.#count;
  }
}

function knownCostOf({ outcome }: Advice): number | null {
  return outcome === null || 'unknown' in outcome ? null : outcome.cost.usdPerHour;
}

/** By the nearest rank. */
function percentilesOf(values: readonly number[]): { p50: number; p99: number } | null {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return sorted.length === 0 ? null : { p50: at(0.5), p99: at(0.99) };
}
