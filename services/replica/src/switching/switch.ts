import type { Mode, SwitchStep, Trigger } from '@spotopt/contracts';
import type { Clock } from '@spotopt/kernel';
import type { Instance } from '../fleet/index.js';

/**
 * One change of primary, as a resumable saga. Each step leaves a row, so whoever finds the switch after a
 * crash knows what has been done and what comes next.
 */
export interface Switch {
  readonly id: string;
  readonly agentId: string;
  readonly clientId: string;
  readonly trigger: Trigger;
  readonly reason: string;
  readonly requestedBy: string;
  readonly requestId: string | null;
  readonly decisionId: string | null;
  readonly incidentId: string | null;
  readonly correlationId: string;
  /** `agent`: a deployed v4 agent carries the whole switch out by itself and reports it. */
  readonly execution: 'standby' | 'agent';
  readonly status: 'running' | 'finished' | 'failed';
  readonly step: SwitchStep;
  readonly fromInstanceId: string;
  readonly toInstanceId: string | null;
  readonly targetMode: Mode;
  readonly targetPoolId: string | null;
  readonly demoteOldPrimary: boolean;
  /** When AWS takes the old machine; set for emergencies only. */
  readonly reclaimAt: Date | null;
  readonly epochAfter: number | null;
  readonly startedAt: Date;
  readonly stepStartedAt: Date;
  readonly finishedAt: Date | null;
  readonly launchCommandId: string | null;
  readonly launchFailure: string | null;
  readonly quiesceCommandId: string | null;
  readonly quiesceOutcome: 'done' | 'failed' | null;
  readonly promoteCommandId: string | null;
  /** Last moment of service of the old machine, first of the new one, as their agents reported them. */
  readonly servedUntil: Date | null;
  readonly servingSince: Date | null;
  readonly trafficMovedAt: Date | null;
  readonly oldUsdPerHour: number | null;
  readonly newUsdPerHour: number | null;
  readonly onDemandUsdPerHour: number | null;
  readonly error: string | null;
  readonly rolledBack: boolean;
  readonly version: number;
}

export function isEmergency(sw: Switch): boolean {
  return sw.trigger === 'emergency';
}

export interface SwitchTimeouts {
  /** From the wish for a standby until it is ready. */
  readonly launchMs: number;
  /** A planned switch is rolled back when the old primary does not stop in this time. */
  readonly quiesceMs: number;
  /** In an emergency, waiting costs nothing while the old machine still serves: wait, but leave this much of the notice. */
  readonly emergencyReserveMs: number;
  /** The same when nobody knows how long the machine lives. */
  readonly emergencyQuiesceMs: number;
  /** In an emergency a machine silent for this long is not asked to stop. */
  readonly silentMs: number;
  /** Nor is it when a person promotes a standby and the old machine has been silent for this long. */
  readonly offlineMs: number;
  readonly confirmMs: number;
  /** How long a confirmed switch waits for the report of its first moment of service. */
  readonly serviceReportMs: number;
}

export const DEFAULT_TIMEOUTS: SwitchTimeouts = {
  launchMs: 15 * 60_000,
  quiesceMs: 60_000,
  emergencyReserveMs: 40_000,
  emergencyQuiesceMs: 20_000,
  silentMs: 95_000,
  offlineMs: 5 * 60_000,
  confirmMs: 10 * 60_000,
  serviceReportMs: 30_000,
};

/** Real time that messages and processes need, whatever the speed of simulated time. */
const REAL_FLOOR_MS = 3_000;
const REAL_LAUNCH_FLOOR_MS = 20_000;

/** The timeouts on a clock that may run fast; those that follow AWS's notice stay as they are. */
export function timeoutsOn(clock: Clock): SwitchTimeouts {
  return {
    ...DEFAULT_TIMEOUTS,
    launchMs: clock.noShorterThan(REAL_LAUNCH_FLOOR_MS, DEFAULT_TIMEOUTS.launchMs),
    quiesceMs: clock.noShorterThan(REAL_FLOOR_MS, DEFAULT_TIMEOUTS.quiesceMs),
    silentMs: clock.noShorterThan(REAL_FLOOR_MS, DEFAULT_TIMEOUTS.silentMs),
    confirmMs: clock.noShorterThan(REAL_LAUNCH_FLOOR_MS, DEFAULT_TIMEOUTS.confirmMs),
    serviceReportMs: clock.noShorterThan(REAL_FLOOR_MS, DEFAULT_TIMEOUTS.serviceReportMs),
  };
}

export interface SwitchFacts {
  readonly sw: Switch;
  readonly from: Instance | null;
  readonly to: Instance | null;
  /** The old machine's agent understands `quiesce`. */
  readonly canQuiesce: boolean;
  readonly hasTrafficTarget: boolean;
  /** The new machine's agent reports the moment from which it serves. */
  readonly reportsService: boolean;
  /** What makes it pointless to promote anything; null = nothing does. */
  readonly obstacle: string | null;
  readonly nowMs: number;
}

export type SwitchAction =
  | { readonly kind: 'wait' }
  | { readonly kind: 'launch' }
  | { readonly kind: 'quiesce' }
  | { readonly kind: 'promote'; readonly fenced: boolean; readonly detail: string }
  | { readonly kind: 'move-traffic' }
  | { readonly kind: 'finish' }
  | { readonly kind: 'fail'; readonly reason: string; readonly resumeOld: boolean };

const WAIT: SwitchAction = { kind: 'wait' };

/** What a running switch needs next. Asked again after every event and by a sweep; has no memory of its own. */
export function nextAction(facts: SwitchFacts, timeouts: SwitchTimeouts): SwitchAction {
  const { sw } = facts;
  if (sw.status !== 'running') return WAIT;
  if (facts.obstacle !== null && sw.epochAfter === null) return fail(facts.obstacle);
  return NEXT[sw.step](facts, timeouts);
}

const NEXT: Readonly<Record<SwitchStep, (facts: SwitchFacts, timeouts: SwitchTimeouts) => SwitchAction>> = {
  plan: afterLaunch,
  launch: afterLaunch,
  sync: afterLaunch,
  quiesce: afterQuiesce,
  promote: afterPromotion,
  'move-traffic': afterPromotion,
  confirm: afterPromotion,
  finish: () => WAIT,
};

function fail(reason: string, resumeOld = false): SwitchAction {
  return { kind: 'fail', reason, resumeOld };
}

function waitedMs({ sw, nowMs }: SwitchFacts): number {
  return nowMs - sw.stepStartedAt.getTime();
}

function afterLaunch(facts: SwitchFacts, timeouts: SwitchTimeouts): SwitchAction {
  const { sw, from } = facts;
  if (sw.launchFailure !== null) return fail(sw.launchFailure);
  if (!isEmergency(sw) && from?.state !== 'primary') return fail('the old machine is no longer the primary');
  const action = sw.execution === 'agent' ? untilReported(facts) : untilReady(facts, timeouts);
  const expired = action.kind === 'wait' && waitedMs(facts) > timeouts.launchMs;
  return expired ? fail('the new machine was not ready in time') : action;
}

function untilReported({ sw }: SwitchFacts): SwitchAction {
  return sw.launchCommandId === null ? { kind: 'launch' } : WAIT;
}

function untilReady(facts: SwitchFacts, timeouts: SwitchTimeouts): SwitchAction {
  switch (facts.to?.state) {
    case undefined:
      return { kind: 'launch' };
    case 'launching':
    case 'syncing':
      return WAIT;
    case 'ready':
      return startQuiesce(facts, timeouts);
    default:
      return fail(`the standby is ${facts.to?.state ?? 'gone'}`);
  }
}

function startQuiesce(facts: SwitchFacts, timeouts: SwitchTimeouts): SwitchAction {
  const { from, canQuiesce, nowMs } = facts;
  if (from?.state !== 'primary') {
    return { kind: 'promote', fenced: true, detail: 'the old machine is gone' };
  }
  if (!canQuiesce)
    return { kind: 'promote', fenced: false, detail: 'the old agent cannot stop its workload' };
  const lastHeard = from.lastHeartbeatAt?.getTime() ?? nowMs;
  if (nowMs - lastHeard > silenceAllowedMs(facts.sw, timeouts)) {
    return { kind: 'promote', fenced: false, detail: 'the old machine is silent' };
  }
  return { kind: 'quiesce' };
}

function silenceAllowedMs(sw: Switch, timeouts: SwitchTimeouts): number {
  if (isEmergency(sw)) return timeouts.silentMs;
  return sw.trigger === 'replica_promotion' ? timeouts.offlineMs : Number.POSITIVE_INFINITY;
}

function afterQuiesce(facts: SwitchFacts, timeouts: SwitchTimeouts): SwitchAction {
  const { sw, from, to } = facts;
  if (to?.state !== 'promoting') return fail(`the standby is ${to?.state ?? 'gone'}`, true);
  if (sw.quiesceOutcome === 'done') {
    return { kind: 'promote', fenced: true, detail: 'the old workload stopped' };
  }
  if (from?.state !== 'primary') {
    return { kind: 'promote', fenced: true, detail: 'the old machine is gone' };
  }
  const outOfTime = sw.quiesceOutcome === 'failed' || waitedMs(facts) >= quiesceBudgetMs(sw, timeouts);
  if (!outOfTime) return WAIT;
  return isEmergency(sw)
    ? { kind: 'promote', fenced: false, detail: 'no time left to wait for the old workload' }
    : fail('the old workload did not stop', true);
}

function quiesceBudgetMs(sw: Switch, timeouts: SwitchTimeouts): number {
  if (!isEmergency(sw)) return timeouts.quiesceMs;
  if (sw.reclaimAt === null) return timeouts.emergencyQuiesceMs;
  return sw.reclaimAt.getTime() - timeouts.emergencyReserveMs - sw.stepStartedAt.getTime();
}

function afterPromotion(facts: SwitchFacts, timeouts: SwitchTimeouts): SwitchAction {
  const { sw, to } = facts;
  const confirmed = hasConfirmed(to, sw);
  if (to?.state !== 'primary' && !confirmed) return fail('the new primary was lost before it confirmed');
  const expired = waitedMs(facts) > timeouts.confirmMs;
  if (facts.hasTrafficTarget && sw.trafficMovedAt === null) {
    return expired ? fail('the traffic could not be moved') : { kind: 'move-traffic' };
  }
  if (!confirmed) return expired ? fail('the new primary never confirmed') : WAIT;
  return isServiceReported(facts) || waitedMs(facts) > timeouts.serviceReportMs ? { kind: 'finish' } : WAIT;
}

function isServiceReported({ sw, reportsService }: SwitchFacts): boolean {
  return sw.servingSince !== null || !reportsService;
}

function hasConfirmed(to: Instance | null, { epochAfter }: Switch): boolean {
  return to !== null && epochAfter !== null && (to.confirmedEpoch ?? 0) >= epochAfter;
}
