import type { Observation, PlacementChoice } from '../engine/ports.js';
import {
  firstLossMs,
  isLostAround,
  missingIn,
  type PoolCourse,
  type UnknownReason,
  usdOver,
  usdPerHourAt,
  type Window,
} from './pool-course.js';

/** Where an engine would have the workload: null stays, or has no standby. */
export interface Followed {
  readonly target: PlacementChoice | null;
  readonly standby: PlacementChoice | null;
}

/** What happened to the market after a decision. */
export interface World {
  readonly window: Window;
  readonly courses: ReadonlyMap<string, PoolCourse>;
}

/** What following an advice would have cost until the end of the horizon. */
export interface FollowedCost {
  /** The primary, on-demand after its loss. */
  readonly machineUsd: number;
  readonly standbyUsd: number;
  readonly doubleRunUsd: number;
  readonly transferUsd: number;
  /** Of the move and of the loss, at the workload's price. */
  readonly downtimeUsd: number;
  readonly downtimeSeconds: number;
  readonly losses: number;
  readonly lostAt: string | null;
  readonly totalUsd: number;
  readonly usdPerHour: number;
  /** The on-demand price in it was an estimate. */
  readonly estimated: boolean;
}

export interface Unknown {
  readonly unknown: UnknownReason;
  /** The pool about which too little is known; null when it is not about a pool. */
  readonly poolId: string | null;
}

type Seen = Pick<Observation, 'current' | 'standby' | 'economics' | 'onDemand'>;

const HOUR_MS = 3_600_000;

/**
 * The primary is held at the advised place, or where it was, until it is lost or the horizon ends; after a loss it
 * runs on-demand. A standby that was ready and was not lost with it makes the loss a promotion. Whatever else would
 * have been decided meanwhile is left out, for every engine alike.
 */
export function costOfFollowing(observation: Seen, followed: Followed, world: World): FollowedCost | Unknown {
  const machines = machinesOf(observation, followed, world);
  if ('unknown' in machines) return machines;
  const { place, primary, standby } = machines;
  const after = onDemandAfter(primary.lostMs, observation.onDemand, world.window);
  if ('unknown' in after) return after;
  const held = { fromMs: world.window.fromMs, toMs: primary.lostMs ?? world.window.toMs };
  const move = followed.target === null ? NO_MOVE : costOfMove(observation, primary, held.fromMs);
  const lossSeconds =
    primary.lostMs === null ? 0 : secondsToRecover(observation, followed.standby, standby, held);
  const parts: Parts = {
    machineUsd: primary.usd(held) + after.usd,
    standbyUsd: standby.usd(held),
    doubleRunUsd: move.doubleRunUsd,
    transferUsd: move.transferUsd,
    downtimeSeconds: move.downtimeSeconds + lossSeconds,
    lostMs: primary.lostMs,
  };
  const usesOnDemand = parts.lostMs !== null || [place, followed.standby].some(isOnDemand);
  const estimated = usesOnDemand && observation.onDemand?.source === 'estimated';
  return { ...sumOf(parts, observation, world.window), estimated };
}

function isOnDemand(place: PlacementChoice | null): boolean {
  return place?.mode === 'ondemand';
}

interface Machines {
  readonly place: PlacementChoice;
  readonly primary: Machine;
  readonly standby: Machine;
}

function machinesOf(
  observation: Seen,
  { target, standby: wanted }: Followed,
  world: World,
): Machines | Unknown {
  const place = target ?? placeOf(observation.current);
  if ('unknown' in place) return place;
  const primary = machineAt(place, observation, world);
  if ('unknown' in primary) return primary;
  const standby = wanted === null ? NO_MACHINE : machineAt(wanted, observation, world);
  return 'unknown' in standby ? standby : { place, primary, standby };
}

interface Parts extends Pick<
  FollowedCost,
  'machineUsd' | 'standbyUsd' | 'doubleRunUsd' | 'transferUsd' | 'downtimeSeconds'
> {
  readonly lostMs: number | null;
}

function sumOf(
  { lostMs, ...parts }: Parts,
  { economics }: Seen,
  { fromMs, toMs }: Window,
): Omit<FollowedCost, 'estimated'> {
  const { machineUsd, standbyUsd, doubleRunUsd, transferUsd, downtimeSeconds } = parts;
  const downtimeUsd = (downtimeSeconds / 60) * economics.downtimeUsdPerMinute;
  const totalUsd = machineUsd + standbyUsd + doubleRunUsd + transferUsd + downtimeUsd;
  return {
    ...parts,
    downtimeUsd,
    losses: lostMs === null ? 0 : 1,
    lostAt: lostMs === null ? null : new Date(lostMs).toISOString(),
    totalUsd,
    usdPerHour: (totalUsd * HOUR_MS) / (toMs - fromMs),
  };
}

function onDemandAfter(
  lostMs: number | null,
  onDemand: Observation['onDemand'],
  { toMs }: Window,
): { readonly usd: number } | Unknown {
  if (lostMs === null) return { usd: 0 };
  if (onDemand === null) return { unknown: 'on-demand-price-unknown', poolId: null };
  return { usd: (onDemand.usdPerHour * (toMs - lostMs)) / HOUR_MS };
}

interface Machine {
  readonly usd: (window: Window) => number;
  readonly usdPerHourAt: (atMs: number) => number;
  readonly lostMs: number | null;
  /** Whether it is gone as well at some time within the window. */
  readonly isLostAround: (window: Window) => boolean;
}

const NO_MACHINE: Machine = {
  usd: () => 0,
  usdPerHourAt: () => 0,
  lostMs: null,
  isLostAround: () => true,
};

function placeOf(current: Observation['current']): PlacementChoice | Unknown {
  if (current === null) return { unknown: 'no-primary', poolId: null };
  const { mode, poolId } = current;
  return mode === 'unknown' ? { unknown: 'placement-unknown', poolId } : { mode, poolId };
}

function machineAt(
  { mode, poolId }: PlacementChoice,
  { onDemand }: Seen,
  { courses, window }: World,
): Machine | Unknown {
  if (mode === 'ondemand') {
    if (onDemand === null) return { unknown: 'on-demand-price-unknown', poolId: null };
    const { usdPerHour } = onDemand;
    return {
      usd: ({ fromMs, toMs }) => (usdPerHour * (toMs - fromMs)) / HOUR_MS,
      usdPerHourAt: () => usdPerHour,
      lostMs: null,
      isLostAround: () => false,
    };
  }
  const course = courses.get(poolId);
  const missing = missingIn(course, window);
  if (course === undefined || missing !== null) return { unknown: missing ?? 'price-unknown', poolId };
  return {
    usd: (part) => usdOver(course, part),
    usdPerHourAt: (atMs) => usdPerHourAt(course, atMs),
    lostMs: firstLossMs(course, window),
    isLostAround: (part) => isLostAround(course, part),
  };
}

interface MoveCost {
  readonly doubleRunUsd: number;
  readonly transferUsd: number;
  readonly downtimeSeconds: number;
}

const NO_MOVE: MoveCost = { doubleRunUsd: 0, transferUsd: 0, downtimeSeconds: 0 };

/** The same parts as an engine expects of a move, at the price that held when it was advised. */
function costOfMove({ current, economics }: Seen, target: Machine, atMs: number): MoveCost {
  const { doubleRunSeconds, oldKeptSeconds, transferUsd, promoteSeconds, coldLaunchSeconds } = economics;
  // Without a primary there is nothing to run beside, and nobody is served until the machine is up.
  if (current === null) return { doubleRunUsd: 0, transferUsd, downtimeSeconds: coldLaunchSeconds };
  // The new machine is paid for anyway; what comes on top is the old one, as long as both run.
  const oldUsdPerHour = current.usdPerHour ?? target.usdPerHourAt(atMs);
  const doubleRunUsd = (oldUsdPerHour * (doubleRunSeconds + oldKeptSeconds)) / 3600;
  return { doubleRunUsd, transferUsd, downtimeSeconds: promoteSeconds };
}

/** A standby that was lost a little earlier is still being replaced; one that was just asked for still boots. */
function secondsToRecover(
  { standby: present, economics }: Seen,
  wanted: PlacementChoice | null,
  machine: Machine,
  { fromMs, toMs: lostMs }: Window,
): number {
  const { promoteSeconds, coldLaunchSeconds } = economics;
  if (wanted === null) return coldLaunchSeconds;
  const isThere = present?.ready === true && present.mode === wanted.mode && present.poolId === wanted.poolId;
  const readyMs = isThere ? fromMs : fromMs + coldLaunchSeconds * 1000;
  const around = { fromMs: lostMs - coldLaunchSeconds * 1000, toMs: lostMs + promoteSeconds * 1000 };
  return lostMs < readyMs || machine.isLostAround(around) ? coldLaunchSeconds : promoteSeconds;
}
