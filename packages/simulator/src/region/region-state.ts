import type { Clock } from '@spotopt/kernel';
import type { Faults } from '../faults/faults.js';
import type { PriceBook } from '../prices/price-book.js';
import type { Queues } from '../sqs/queues.js';
import type { Addresses } from './addresses.js';
import type { Availability, Pools } from './capacity.js';
import { stateAt, workloadOf, type Instance, type InstanceState, type Market } from './instance.js';
import type { Instances } from './instances.js';
import type { Workloads } from './workloads.js';
import type { Zone } from './zones.js';

/** What a look at a region needs of it. */
interface RegionView {
  readonly name: string;
  readonly account: string;
  readonly clock: Clock;
  readonly zones: readonly Zone[];
  readonly instances: Instances;
  readonly pools: Pools;
  readonly priceBook: PriceBook;
  readonly addresses: Addresses;
  readonly queues: Queues;
  readonly workloads: Workloads;
  readonly faults: Faults;
}

export interface InstanceSummary {
  readonly id: string;
  readonly state: InstanceState;
  readonly pool: string;
  readonly instanceType: string;
  readonly zone: string;
  readonly market: Market;
  readonly privateIp: string;
  readonly publicIp: string | null;
  readonly launchedAt: string;
  readonly runningAt: string;
  readonly terminatedAt: string | null;
  readonly endCause: string | null;
  readonly interruptionDeadlineAt: string | null;
  readonly rebalanceNoticedAt: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly workload: string;
  readonly serving: { readonly epoch: number; readonly since: string } | null;
  /** What it has cost so far, from the prices of its pool. */
  readonly costUsd: number;
}

export interface PoolSummary {
  readonly id: string;
  readonly instanceType: string;
  readonly zone: string;
  readonly spotUsdPerHour: number | null;
  readonly spotPriceChangedAt: string | null;
  readonly onDemandUsdPerHour: number | null;
  readonly onDemandSource: string | null;
  readonly available: Availability;
  readonly onDemandAvailable: Availability;
}

export interface RegionState {
  readonly region: string;
  readonly account: string;
  readonly clock: { readonly nowMs: number; readonly now: string };
  readonly zones: readonly { readonly name: string; readonly id: string; readonly subnetId: string }[];
  readonly instances: readonly InstanceSummary[];
  readonly pools: readonly PoolSummary[];
  readonly addresses: readonly {
    readonly allocationId: string;
    readonly publicIp: string;
    readonly instanceId: string | null;
  }[];
  readonly queues: readonly { readonly name: string; readonly visible: number; readonly inFlight: number }[];
  /** Calls of each AWS operation so far. */
  readonly calls: Readonly<Record<string, number>>;
}

function iso(atMs: number | undefined): string | null {
  return atMs === undefined ? null : new Date(atMs).toISOString();
}

export function instanceSummary(region: RegionView, instance: Instance): InstanceSummary {
  const nowMs = region.clock.nowMs();
  const serving = region.workloads.servingOn(instance);
  return {
    id: instance.id,
    state: stateAt(instance, nowMs),
    pool: instance.poolId,
    instanceType: instance.instanceType,
    zone: instance.zone,
    market: instance.market,
    privateIp: instance.privateIp,
    publicIp: instance.publicIp ?? null,
    launchedAt: new Date(instance.launchedAtMs).toISOString(),
    runningAt: new Date(instance.runningAtMs).toISOString(),
    terminatedAt: iso(instance.terminatedAtMs),
    endCause: instance.endCause ?? null,
    interruptionDeadlineAt: iso(instance.interruption?.deadlineAtMs),
    rebalanceNoticedAt: iso(instance.rebalanceNoticedAtMs),
    tags: Object.fromEntries(instance.tags),
    workload: workloadOf(instance),
    serving:
      serving === undefined ? null : { epoch: serving.epoch, since: new Date(serving.sinceMs).toISOString() },
    costUsd: costOf(region, instance),
  };
}

function costOf(region: RegionView, instance: Instance): number {
  const untilMs = Math.min(instance.shuttingDownAtMs ?? Number.POSITIVE_INFINITY, region.clock.nowMs());
  const fromMs = Math.min(instance.runningAtMs, untilMs);
  if (instance.market === 'spot') return region.priceBook.costUsd(instance.poolId, fromMs, untilMs);
  const onDemandUsd = region.priceBook.onDemand(instance.instanceType)?.usdPerHour ?? 0;
  return (onDemandUsd * (untilMs - fromMs)) / 3_600_000;
}

function poolSummaries(region: RegionView): PoolSummary[] {
  const nowMs = region.clock.nowMs();
  return region.pools.all().map((pool) => {
    const spot = region.priceBook.priceAt(pool.id, nowMs);
    const onDemand = region.priceBook.onDemand(pool.instanceType);
    return {
      ...pool,
      spotUsdPerHour: spot?.usdPerHour ?? null,
      spotPriceChangedAt: iso(spot?.atMs),
      onDemandUsdPerHour: onDemand?.usdPerHour ?? null,
      onDemandSource: onDemand?.source ?? null,
    };
  });
}

export function regionState(region: RegionView): RegionState {
  const nowMs = region.clock.nowMs();
  return {
    region: region.name,
    account: region.account,
    clock: { nowMs, now: new Date(nowMs).toISOString() },
    zones: region.zones,
    instances: region.instances.all().map((instance) => instanceSummary(region, instance)),
    pools: poolSummaries(region),
    addresses: region.addresses.all().map(({ allocationId, publicIp, instanceId }) => ({
      allocationId,
      publicIp,
      instanceId: instanceId ?? null,
    })),
    queues: region.queues.all().map((queue) => ({ name: queue.name, ...queue.counts() })),
    calls: region.faults.calls(),
  };
}
