import { poolIdOf } from '@spotopt/contracts';
import {
  Engine,
  type Observation,
  type PoolObservation,
  type Proposal,
  type RejectionCode,
  type RiskParts,
  type ScoredCandidate,
} from './engine.js';
import { expectedSavingOf } from './expected-saving.js';
import { isPriceFresh } from './price-freshness.js';

/** A part of the risk about which nothing is known counts as half. */
const UNKNOWN_PART = 0.5;

/** The rule estimates neither losses nor downtime. */
const NOT_ESTIMATED = {
  lossPerHour: null,
  scoreUsdPerHour: null,
  expectedUsdPerHour: null,
  expectedDowntimeSecondsPerHour: null,
} as const;

const CONFIDENCE = 0.8;

const clamp = (value: number): number => Math.min(1, Math.max(0, value));

/** What the published formula looks at. */
export type RiskFacts = Pick<PoolObservation, 'interruptions30d' | 'volatility24h' | 'quietHours' | 'rising'>;

/** The parts of the published formula, each between 0 and 1. */
export function riskPartsOf(pool: RiskFacts): RiskParts {
  return {
    interruptions: clamp(pool.interruptions30d / 30),
    volatility: pool.volatility24h === null ? UNKNOWN_PART : clamp(pool.volatility24h),
    age: pool.quietHours === null ? UNKNOWN_PART : clamp(1 / (pool.quietHours + 1)),
    trend: pool.rising === true ? 1 : 0.5,
  };
}

/** min(1, 0.40·interruptions in 30 days/30 + 0.30·volatility over 24 h + 0.20·1/(age h + 1) + 0.10·trend) */
export function riskOf(parts: RiskParts): number {
  return Math.min(
    1,
    0.4 * parts.interruptions + 0.3 * parts.volatility + 0.2 * parts.age + 0.1 * parts.trend,
  );
}

/**
 * The published rule: the cheapest pool that saves more than `minSavingsPercent` of the present cost at a risk
 * below `maxRisk`. Ties go to the smaller pool id.
 */
export class SeedRuleEngine extends Engine {
  override readonly name = 'seed-rule';
  override readonly version = '1';

  override propose(observation: Observation): Proposal {
    const candidates = [
      ...observation.pools.map((pool) => this.#scoreSpot(observation, pool)),
      ...this.#scoreOnDemand(observation),
    ];
    const best = this.#choose(observation, candidates);
    const { standby } = observation;
    const shared = {
      engine: this.name,
      engineVersion: this.version,
      standby: standby === null ? null : { mode: standby.mode, poolId: standby.poolId },
      candidates,
      confidence: CONFIDENCE,
      estimated: observation.current?.estimated ?? false,
    };
    if (best === null) {
      return {
        ...shared,
        action: 'stay',
        target: null,
        reason: reasonToStay(observation, candidates),
        expectedSavingsUsdPerHour: 0,
        expectedSaving: null,
      };
    }
    const expectedSaving = expectedSavingOf(observation, best.usdPerHour ?? 0);
    return {
      ...shared,
      action: best.mode === 'spot' ? 'switch_to_spot' : 'switch_to_ondemand',
      target: { mode: best.mode, poolId: best.poolId },
      reason: reasonToMove(observation, best),
      expectedSavingsUsdPerHour: expectedSaving?.netUsdPerHour ?? 0,
      expectedSaving,
    };
  }

  /** Without a primary there is nothing to compare with: the rule takes the machine that can always be had. */
  #choose(observation: Observation, candidates: readonly ScoredCandidate[]): ScoredCandidate | null {
    if (observation.current === null) return candidates.find(({ mode }) => mode === 'ondemand') ?? null;
    return cheapestOf(candidates.filter((candidate) => candidate.rejectedBecause.length === 0));
  }

  #scoreSpot(observation: Observation, pool: PoolObservation): ScoredCandidate {
    const parts = riskPartsOf(pool);
    const risk = riskOf(parts);
    const rejected: RejectionCode[] = [];
    if (observation.current?.mode === 'spot' && observation.current.poolId === pool.poolId) {
      rejected.push('current-pool');
    }
    if (pool.available === false) rejected.push('pool-unavailable');
    if (pool.underNotice) rejected.push('pool-under-notice');
    if (pool.usdPerHour === null) rejected.push('price-unknown');
    else if (!isPriceFresh(observation, pool)) rejected.push('price-stale');
    if (pool.blockedUntil !== null && pool.blockedUntil > observation.at) rejected.push('pool-blocked');
    rejected.push(...rejectionsOfSaving(observation, pool.usdPerHour));
    if (!(risk < observation.limits.maxRisk)) rejected.push('risk-too-high');
    return {
      mode: 'spot',
      poolId: pool.poolId,
      usdPerHour: pool.usdPerHour,
      savingsPercent: savingsPercentOf(observation, pool.usdPerHour),
      risk,
      riskParts: parts,
      ...NOT_ESTIMATED,
      rejectedBecause: rejected,
    };
  }

  #scoreOnDemand(observation: Observation): ScoredCandidate[] {
    const { onDemand, current } = observation;
    if (onDemand === null) return [];
    const rejected: RejectionCode[] = [];
    if (current?.mode === 'ondemand') rejected.push('current-pool');
    if (onDemand.source === null || onDemand.source === 'estimated') rejected.push('price-estimated');
    rejected.push(...rejectionsOfSaving(observation, onDemand.usdPerHour));
    return [
      {
        mode: 'ondemand',
        poolId: poolIdOf(
          observation.instanceType,
          current?.az ?? observation.pools[0]?.az ?? `${observation.region}a`,
        ),
        usdPerHour: onDemand.usdPerHour,
        savingsPercent: savingsPercentOf(observation, onDemand.usdPerHour),
        risk: 0,
        riskParts: null,
        ...NOT_ESTIMATED,
        rejectedBecause: rejected,
      },
    ];
  }
}

function savingsPercentOf(observation: Observation, usdPerHour: number | null): number | null {
  const present = observation.current?.usdPerHour ?? null;
  if (present === null || present <= 0 || usdPerHour === null) return null;
  return ((present - usdPerHour) / present) * 100;
}

function rejectionsOfSaving(observation: Observation, usdPerHour: number | null): RejectionCode[] {
  const present = observation.current?.usdPerHour ?? null;
  if (present === null || present <= 0) return ['current-price-unknown'];
  if (usdPerHour === null) return [];
  const pays = (present - usdPerHour) / present > observation.limits.minSavingsPercent / 100;
  return pays ? [] : ['saving-too-small'];
}

function cheapestOf(candidates: readonly ScoredCandidate[]): ScoredCandidate | null {
  const priceOf = (candidate: ScoredCandidate): number => candidate.usdPerHour ?? Number.POSITIVE_INFINITY;
  return candidates.reduce<ScoredCandidate | null>((best, candidate) => {
    if (best === null || priceOf(candidate) < priceOf(best)) return candidate;
    if (priceOf(candidate) > priceOf(best)) return best;
    return candidate.poolId < best.poolId ? candidate : best;
  }, null);
}

function reasonToMove(observation: Observation, best: ScoredCandidate): string {
  const where = best.mode === 'spot' ? best.poolId : 'on-demand';
  const saving = `${(best.savingsPercent ?? 0).toFixed(1)} %`;
  const mark =
    observation.current?.estimated === true ? ', measured against an estimated on-demand price' : '';
  return `${where} costs ${saving} less than now at risk ${best.risk.toFixed(2)}${mark}`;
}

function reasonToStay(observation: Observation, candidates: readonly ScoredCandidate[]): string {
  if ((observation.current?.usdPerHour ?? null) === null) return 'the present price is not known yet';
  const others = candidates.filter((candidate) => !candidate.rejectedBecause.includes('current-pool'));
  const { minSavingsPercent, maxRisk } = observation.limits;
  const cheapest = cheapestOf(others.filter((candidate) => candidate.usdPerHour !== null));
  if (cheapest === null) return 'no other pool has a known price';
  const where = cheapest.mode === 'spot' ? cheapest.poolId : 'on-demand';
  return (
    `no candidate saves more than ${String(minSavingsPercent)} % at a risk below ${String(maxRisk)}; ` +
    `the cheapest, ${where}, saves ${(cheapest.savingsPercent ?? 0).toFixed(1)} % ` +
    `at risk ${cheapest.risk.toFixed(2)} (${cheapest.rejectedBecause.join(', ')})`
  );
}
