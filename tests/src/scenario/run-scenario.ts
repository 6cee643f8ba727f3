import type { Envelope } from '@spotopt/contracts';
import { AppError, Deadline, SystemClock } from '@spotopt/kernel';
import { distributedWorld } from './distributed-world.js';
import { ReplayedEventLog } from './event-log.js';
import {
  type Findings,
  invariant,
  type Scenario,
  type ScenarioResult,
  type TimelineEntry,
} from './scenario.js';
import { standaloneWorld } from './standalone-world.js';
import type { Mode, World } from './world.js';

export interface RunSettings {
  readonly mode: Mode;
  readonly speed: number | undefined;
  readonly pricesFile: string | undefined;
  readonly killPromotion: boolean;
  readonly tell: (line: string) => void;
  /** Ends the story early; the system is stopped as at its usual end. */
  readonly signal: AbortSignal;
}

/** A system that cannot be stopped must not keep its caller for ever. */
const STOP_WITHIN_MS = 90_000;
const REAL_TIME = new SystemClock();

/** Happens all the time and says nothing about the story. */
const NOISE = /^spotopt\.(telemetry|pricing)\./;

/** Plays one story on a fresh system and judges it. The system is gone afterwards, however it went. */
export async function runScenario(scenario: Scenario, settings: RunSettings): Promise<ScenarioResult> {
  const build = settings.mode === 'standalone' ? standaloneWorld : distributedWorld;
  // A killed service is missed for a second or two of real time, whatever the speed.
  const slowDown = settings.killPromotion ? 2 : 1;
  const speed = settings.speed ?? scenario.speed[settings.mode] / slowDown;
  settings.tell(`starting the system (${settings.mode})`);
  const world = await build({
    ...scenario.world,
    speed,
    pricesFile: settings.pricesFile,
    killPromotion: settings.killPromotion,
    log: settings.tell,
  });
  try {
    settings.tell(`playing ${scenario.name} at ${String(speed)} s per second`);
    return await Promise.race([play(scenario, world, settings), aborted(settings.signal)]);
  } finally {
    settings.tell('stopping the system');
    await Deadline.after(REAL_TIME, STOP_WITHIN_MS).race('stopping the system', () => world.stop());
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const end = (): void => {
      reject(AppError.permanent('interrupted', 'interrupted; nothing was judged'));
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}

async function play(scenario: Scenario, world: World, settings: RunSettings): Promise<ScenarioResult> {
  const events = new ReplayedEventLog(world.api);
  const startedAtMs = world.clock.nowMs();
  let findings: Findings;
  try {
    findings = await scenario.play(world, events, settings.tell);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    findings = {
      zeroMs: startedAtMs,
      invariants: [invariant('played-to-its-end', false, detail)],
      figures: {},
    };
  }
  const { invariants, figures, zeroMs } = findings;
  return {
    name: scenario.name,
    mode: world.mode,
    verdict: invariants.every(({ holds }) => holds) ? 'pass' : 'fail',
    invariants,
    timeline: timelineOf(await events.all(), world, zeroMs),
    figures,
  };
}

/** Our events and the simulated cloud's own, in one order. */
function timelineOf(events: readonly Envelope[], world: World, zeroMs: number): TimelineEntry[] {
  const ours = events
    .filter(({ type }) => !NOISE.test(type))
    .map((event) => ({
      atMs: Date.parse(event.time) - zeroMs,
      event: event.type.replace(/^spotopt\.|\.v\d+$/g, ''),
      subject: subjectOf(event),
    }));
  const cloud = world.simulator.region.timeline
    .after(0)
    .filter(({ event }) => /^(instance|notice|workload|address)\./.test(event))
    .map(({ atMs, event, subject }) => ({ atMs: atMs - zeroMs, event: `cloud.${event}`, subject }));
  return [...ours, ...cloud].sort((a, b) => a.atMs - b.atMs);
}

/** The machine or command that an event names says more than the workload, which is the same everywhere. */
function subjectOf(event: Envelope): string {
  const { data } = event;
  if (typeof data !== 'object' || data === null) return event.subject;
  const fields: Record<string, unknown> = { ...data };
  for (const key of ['step', 'commandType', 'ec2InstanceId', 'switchId', 'decisionId']) {
    const value = fields[key];
    if (typeof value === 'string') return value;
  }
  return event.subject;
}
