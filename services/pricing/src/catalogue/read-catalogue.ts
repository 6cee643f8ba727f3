import type { PoolCatalogue, PoolFacts, RpcRequest, RpcResponse } from '@spotopt/contracts';
import type { Clock, Tx, UnitOfWork } from '@spotopt/kernel';
import type { InstanceHours } from '../pool-history/ports.js';
import { CATALOGUE_AS_OF } from '../pools/ports.js';
import {
  type Advice,
  type BootTimes,
  type InterruptionCounts,
  marketKey,
  type PoolFactsStore,
  type PoolFilter,
  type PricedPool,
  type Scores,
} from './ports.js';

export interface ReadCatalogueDeps {
  readonly uow: UnitOfWork;
  readonly clock: Clock;
  readonly facts: PoolFactsStore;
  readonly hours: InstanceHours;
}

const HOUR_MS = 3_600_000;
/** Windows over which interruptions are counted. */
const WINDOW_HOURS = [24, 7 * 24, 30 * 24] as const;
/** Boot times change with images and agents: only the newest count. */
const BOOT_SAMPLES = 20;

interface Facts {
  readonly listReadAt: ReadonlyMap<string, Date>;
  readonly offered: ReadonlyMap<string, boolean>;
  readonly advice: ReadonlyMap<string, Advice>;
  readonly scores: ReadonlyMap<string, Scores>;
  readonly interruptions: ReadonlyMap<string, InterruptionCounts>;
  readonly boots: ReadonlyMap<string, BootTimes>;
  /** Per window. */
  readonly hours: readonly ReadonlyMap<string, number>[];
}

/** Answers with everything that is known of pools. */
export class ReadCatalogue {
  constructor(private readonly deps: ReadCatalogueDeps) {}

  execute(filter: RpcRequest<typeof PoolCatalogue>): Promise<RpcResponse<typeof PoolCatalogue>> {
    return this.deps.uow.read(async (tx) => {
      const pools = await this.deps.facts.pools(tx, filter);
      if (pools.length === 0) return { pools: [] };
      const facts = await this.#facts(tx, filter, pools);
      return { pools: pools.map((pool) => poolFactsOf(pool, facts)) };
    });
  }

  async #facts(tx: Tx, filter: PoolFilter, pools: readonly PricedPool[]): Promise<Facts> {
    const { facts, hours, clock } = this.deps;
    const now = clock.now();
    const since = WINDOW_HOURS.map((window) => new Date(now.getTime() - window * HOUR_MS));
    const poolIds = pools.map((pool) => pool.poolId);
    const hoursPerWindow: ReadonlyMap<string, number>[] = [];
    for (const from of since) hoursPerWindow.push(await hours.perPool(tx, poolIds, from, now));
    return {
      listReadAt: await facts.listReadAt(tx, filter),
      offered: await facts.offered(tx, filter),
      advice: await facts.advice(tx, filter),
      scores: await facts.scores(tx, filter),
      interruptions: await facts.interruptionsSince(tx, filter, since),
      boots: await facts.boots(tx, filter, BOOT_SAMPLES),
      hours: hoursPerWindow,
    };
  }
}

function poolFactsOf(pool: PricedPool, facts: Facts): PoolFacts {
  const { poolId, name, region, az, instanceType } = pool;
  const market = marketKey(pool);
  return {
    ...{ poolId, name, region, az, instanceType },
    spotUsdPerHour: pool.spotUsdPerHour,
    source: pool.source,
    observedAt: pool.observedAt?.toISOString() ?? null,
    confirmedAt: confirmedAtOf(pool)?.toISOString() ?? null,
    onDemandUsdPerHour: pool.onDemandUsdPerHour,
    onDemandSource: pool.onDemandSource,
    onDemandAsOf: onDemandAsOf(pool, facts.listReadAt.get(market)),
    offered: facts.offered.get(poolId) ?? null,
    advisor: adviceFact(facts.advice.get(market)),
    placementScore: scoreFact(facts.scores.get(market), az),
    interruptions: interruptionFact(poolId, facts),
    boot: facts.boots.get(poolId) ?? null,
  };
}

/** A price is confirmed by the report that gave it and by every later read of AWS's history. */
function confirmedAtOf({ observedAt, historyReadUntil }: PricedPool): Date | null {
  if (observedAt === null || historyReadUntil === null) return observedAt;
  return historyReadUntil > observedAt ? historyReadUntil : observedAt;
}

function onDemandAsOf({ onDemandSource }: PricedPool, listReadAt: Date | undefined): string | null {
  if (onDemandSource === 'catalogue') return CATALOGUE_AS_OF;
  return onDemandSource === 'price-list' ? (listReadAt?.toISOString() ?? null) : null;
}

function adviceFact(advice: Advice | undefined): PoolFacts['advisor'] {
  return advice === undefined ? null : { ...advice, readAt: advice.readAt.toISOString() };
}

/** A zone that AWS did not rank is unknown. */
function scoreFact(scores: Scores | undefined, az: string): PoolFacts['placementScore'] {
  const zone = scores?.zones.find((one) => one.az === az);
  if (scores === undefined || zone === undefined) return null;
  return { score: zone.score, readAt: scores.readAt.toISOString() };
}

function interruptionFact(poolId: string, facts: Facts): PoolFacts['interruptions'] {
  const counts = facts.interruptions.get(poolId) ?? [];
  const rateOf = (window: number): PoolFacts['interruptions']['h24'] => {
    const count = counts[window] ?? 0;
    const instanceHours = facts.hours[window]?.get(poolId) ?? 0;
    const perInstanceDay = instanceHours > 0 ? (count * 24) / instanceHours : null;
    return { count, instanceHours, perInstanceDay };
  };
  return { h24: rateOf(0), d7: rateOf(1), d30: rateOf(2) };
}
