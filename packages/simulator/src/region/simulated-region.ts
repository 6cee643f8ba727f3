import { AppError, type Clock, type Ids } from '@spotopt/kernel';
import { Idempotency } from '../aws/idempotency.js';
import { LaunchTemplates } from '../ec2/launch-templates.js';
import { Faults } from '../faults/faults.js';
import type { PriceBook } from '../prices/price-book.js';
import { Queues } from '../sqs/queues.js';
import { Addresses } from './addresses.js';
import { Pools, type Availability } from './capacity.js';
import type { Instance, Market } from './instance.js';
import { Instances, type BootTimes } from './instances.js';
import { Notices, type InterruptOptions, type MaintenanceOptions } from './notices.js';
import { PlacementScores } from './placement-scores.js';
import { regionState, type RegionState } from './region-state.js';
import { Schedule } from './schedule.js';
import { Timeline } from './timeline.js';
import { Workloads } from './workloads.js';
import { zonesOf, type Zone } from './zones.js';

export interface RegionOptions {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: () => number;
  readonly priceBook: PriceBook;
  /** @default all that the price book has prices for */
  readonly zones?: readonly string[];
  /** @default all that the price book has prices for */
  readonly instanceTypes?: readonly string[];
  /** @default 30 to 60 s */
  readonly bootTimes?: BootTimes;
  readonly bootTimesByPool?: Readonly<Record<string, BootTimes>>;
  /** From running to both status checks passed. @default 10 000 */
  readonly statusCheckMs?: number;
  /** From the end of running to terminated. @default 5 000 */
  readonly shutdownMs?: number;
  /** Chooses placement scores and the ranges of the Spot Advisor. @default 1 */
  readonly marketSeed?: number;
  /** New configurations of placement scores that may be asked per 24 hours. @default 10 */
  readonly newScoreConfigurationsPerDay?: number;
  /** Called when an event of the schedule fails. @default rethrow nothing, count in the timeline */
  readonly onError?: (error: unknown) => void;
}

export type InstanceListener = (instance: Instance, atMs: number) => void;

export const ACCOUNT_ID = '123456789012';

/** One region of the simulated cloud: everything that the wire protocols show and change. */
export class SimulatedRegion {
  readonly account = ACCOUNT_ID;
  readonly name: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: () => number;
  readonly priceBook: PriceBook;
  readonly zones: readonly Zone[];
  readonly pools: Pools;
  readonly marketSeed: number;
  readonly placementScores: PlacementScores;
  readonly schedule: Schedule;
  readonly timeline = new Timeline();
  readonly faults: Faults;
  readonly instances: Instances;
  readonly queues: Queues;
  readonly notices: Notices;
  readonly addresses: Addresses;
  readonly workloads: Workloads;
  readonly templates: LaunchTemplates;
  readonly idempotency = new Idempotency();

  constructor(options: RegionOptions) {
    const { clock, ids, random, priceBook } = options;
    this.clock = clock;
    this.ids = ids;
    this.random = random;
    this.priceBook = priceBook;
    this.name = priceBook.region;
    const zoneNames = options.zones ?? priceBook.zoneNames;
    this.zones = zonesOf(zoneNames);
    this.pools = new Pools(
      priceBook.pools.filter(
        (pool) =>
          zoneNames.includes(pool.zone) && (options.instanceTypes?.includes(pool.instanceType) ?? true),
      ),
    );
    this.marketSeed = options.marketSeed ?? 1;
    this.placementScores = new PlacementScores({
      clock,
      pools: this.pools,
      seed: this.marketSeed,
      newConfigurationsPerDay: options.newScoreConfigurationsPerDay ?? 10,
    });
    const { timeline } = this;
    this.schedule = new Schedule(clock, (error) => {
      timeline.add(clock.nowMs(), 'simulator.error', this.name, { error: String(error) });
      options.onError?.(error);
    });
    const { schedule } = this;
    this.faults = new Faults(clock, ids, random);
    this.instances = new Instances({
      clock,
      ids,
      random,
      schedule,
      timeline,
      bootTimes: options.bootTimes ?? { minMs: 30_000, maxMs: 60_000 },
      bootTimesByPool: options.bootTimesByPool ?? {},
      statusCheckMs: options.statusCheckMs ?? 10_000,
      shutdownMs: options.shutdownMs ?? 5_000,
    });
    this.queues = new Queues({ clock, ids, random, faults: this.faults });
    const { instances, queues } = this;
    this.notices = new Notices({
      clock,
      ids,
      schedule,
      timeline,
      instances,
      priceBook,
      origin: { ids, account: this.account, region: this.name },
      publish: (eventJson) => queues.publish(eventJson),
    });
    this.addresses = new Addresses({ clock, ids, instances, timeline });
    this.workloads = new Workloads({ clock, instances, timeline });
    this.templates = new LaunchTemplates(clock, ids);
  }

  /** Brings the region up to the present time; every reader of state calls it first. */
  advance(): void {
    this.schedule.runDue();
  }

  /** Gives the notice of a termination, which follows `noticeMs` later. */
  interrupt(instanceId: string, options: InterruptOptions = {}): void {
    this.notices.interrupt(this.#instance(instanceId), options);
  }

  recommendRebalance(instanceId: string): void {
    this.notices.recommendRebalance(this.#instance(instanceId));
  }

  scheduleMaintenance(instanceId: string, options: MaintenanceOptions = {}): void {
    this.notices.scheduleMaintenance(this.#instance(instanceId), options);
  }

  /** Ends an instance at once and without notice. */
  crash(instanceId: string): void {
    this.notices.crash(this.#instance(instanceId));
  }

  terminate(instanceId: string): void {
    this.instances.end(this.#instance(instanceId), 'user', this.clock.nowMs());
  }

  /**
   * Sets how many more instances a pool gives.
   * @throws AppError `unknown-pool`
   */
  setCapacity(
    poolId: string,
    available: Availability,
    options: { readonly market?: Market; readonly atMs?: number } = {},
  ): void {
    const pool = this.pools.get(poolId);
    if (pool === undefined) throw AppError.permanent('unknown-pool', `there is no pool ${poolId}`);
    if (options.market === 'on-demand') pool.onDemandAvailable = available;
    else pool.available = available;
    const detail = { available, market: options.market ?? 'spot' };
    this.timeline.add(options.atMs ?? this.clock.nowMs(), 'pool.capacity', poolId, detail);
  }

  /** AWS takes the whole pool back: no capacity, and a notice to every spot instance in it. */
  reclaimPool(poolId: string, options: InterruptOptions = {}, atMs = this.clock.nowMs()): void {
    this.setCapacity(poolId, 0, { atMs });
    for (const instance of this.instances.alive(poolId)) {
      if (instance.market === 'spot') this.notices.interrupt(instance, options, atMs);
    }
  }

  /** Called when an instance has booted. Returns a function that ends the listening. */
  onInstanceRunning(listener: InstanceListener): () => void {
    return this.instances.onState((instance, state, atMs) => {
      if (state === 'running') listener(instance, atMs);
    });
  }

  /** Called when an instance stops running, for whatever reason. */
  onInstanceGone(listener: InstanceListener): () => void {
    return this.instances.onState((instance, state, atMs) => {
      if (state === 'shutting-down') listener(instance, atMs);
    });
  }

  state(): RegionState {
    this.advance();
    return regionState(this);
  }

  /** @throws AppError `unknown-instance` */
  #instance(instanceId: string): Instance {
    this.advance();
    const instance = this.instances.get(instanceId);
    if (instance === undefined)
      throw AppError.permanent('unknown-instance', `there is no instance ${instanceId}`);
    return instance;
  }
}
