import type { RiskCause } from '@spotopt/contracts';
import type { Clock, Ids, Outbox, Tx, UnitOfWork } from '@spotopt/kernel';
import {
  isSameScore,
  isWorthRecording,
  isWorthTelling,
  type PoolFacts,
  scoreOf,
  watchedSinceOf,
} from './pool-risk.js';
import type { PoolRisk, RiskFactsReader, RiskStore, Score, LossRates } from './ports.js';
import { riskChanged } from './risk-events.js';

interface Scoring {
  readonly pool: PoolFacts;
  readonly cause: RiskCause;
  readonly now: Date;
  readonly lossPerHour: number | null;
}

export interface ScorePoolsDeps {
  readonly uow: UnitOfWork;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly facts: RiskFactsReader;
  readonly risks: RiskStore;
}

interface Plan {
  readonly added: PoolRisk[];
  readonly changed: { readonly before: PoolRisk; readonly next: PoolRisk }[];
  readonly confirmed: string[];
}

/** Pools of one transaction. */
const BATCH = 200;
/** Somebody else scored the pool meanwhile: once more, with what he did not see. */
const ATTEMPTS = 3;

/**
 * Scores pools by the published formula, keeps the scores and tells of changes. The row is read before the facts
 * and replaced only if it is still the same one, so that of two scores that are made at the same time the one
 * from newer facts stays.
 */
export class ScorePools {
  constructor(
    private readonly deps: ScorePoolsDeps,
    private readonly losses: LossRates,
  ) {}

  /** All pools, on schedule. */
  async all(signal?: AbortSignal): Promise<void> {
    const poolIds = await this.deps.uow.read((tx) => this.deps.facts.listPoolIds(tx));
    await this.execute(new Map(poolIds.map((poolId) => [poolId, 'schedule'])), signal);
  }

  /** Pools with what happened to them. */
  async execute(causes: ReadonlyMap<string, RiskCause>, signal?: AbortSignal): Promise<void> {
    const poolIds = [...causes.keys()].sort();
    for (let start = 0; start < poolIds.length; start += BATCH) {
      let left = poolIds.slice(start, start + BATCH);
      for (let attempt = 0; attempt < ATTEMPTS && left.length > 0; attempt += 1) {
        if (signal?.aborted === true) return;
        left = await this.#score(left, causes);
      }
    }
  }

  /** Answers the pools that somebody else scored meanwhile. */
  async #score(poolIds: readonly string[], causes: ReadonlyMap<string, RiskCause>): Promise<string[]> {
    const { uow, clock, risks, facts } = this.deps;
    const { known, found, rates, now } = await uow.read(async (tx) => {
      const rows = await risks.find(tx, poolIds);
      const at = clock.now();
      const seen = await facts.read(tx, poolIds, at);
      return { known: rows, found: seen, rates: await this.losses.read(tx, seen, at), now: at };
    });
    const before = new Map(known.map((risk) => [risk.poolId, risk]));
    const plan: Plan = { added: [], changed: [], confirmed: [] };
    for (const pool of found) {
      const cause = causes.get(pool.poolId) ?? 'schedule';
      const lossPerHour = rates.get(pool.poolId) ?? null;
      this.#plan(plan, before.get(pool.poolId) ?? null, { pool, cause, now, lossPerHour });
    }
    return uow.run((tx) => this.#keep(tx, plan, now));
  }

  #plan(plan: Plan, before: PoolRisk | null, { pool, cause, now, lossPerHour }: Scoring): void {
    const { poolId, region, az, instanceType } = pool;
    const watchedSince = watchedSinceOf(before, pool, now);
    const score = scoreOf(pool, { now, watchedSince, lossPerHour });
    const scored = { poolId, region, az, instanceType, ...score, cause, scoredAt: now, watchedSince };
    const told = tellingOf(before?.told ?? null, score);
    if (before === null) {
      plan.added.push({ ...scored, recordedAt: now, told, version: 1 });
      return;
    }
    if (now < before.scoredAt) return;
    const records = isWorthRecording(before, score, now);
    const isSame =
      isSameScore(before, score) &&
      watchedSince.getTime() === before.watchedSince.getTime() &&
      // The schedule may have come first and seen the same, but not why.
      (cause === 'schedule' || cause === before.cause);
    if (isSame && !records) {
      plan.confirmed.push(poolId);
      return;
    }
    const recordedAt = records ? now : before.recordedAt;
    plan.changed.push({ before, next: { ...scored, recordedAt, told, version: before.version + 1 } });
  }

  async #keep(tx: Tx, plan: Plan, now: Date): Promise<string[]> {
    const { risks, outbox, ids } = this.deps;
    const lost = plan.added.length === 0 ? [] : await risks.add(tx, plan.added);
    const kept: { before: PoolRisk | null; next: PoolRisk }[] = plan.added
      .filter(({ poolId }) => !lost.includes(poolId))
      .map((next) => ({ before: null, next }));
    for (const change of plan.changed) {
      if (await risks.replace(tx, change.before, change.next)) kept.push(change);
      else lost.push(change.next.poolId);
    }
    await risks.confirm(tx, plan.confirmed, now);
    await risks.record(
      tx,
      kept.flatMap(({ next }) => (next.recordedAt === now ? [next] : [])),
    );
    const told = kept.filter(({ before, next }) => next.told !== (before?.told ?? null));
    await outbox.add(tx, ...told.map(({ before, next }) => riskChanged(next, before?.told ?? null, ids)));
    return lost;
  }
}

/** What will have been told: the same object when nothing is to be told. */
function tellingOf(told: PoolRisk['told'], next: Score): PoolRisk['told'] {
  return isWorthTelling(told, next) ? { score: next.score, label: next.label } : told;
}
