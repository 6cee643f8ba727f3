import { type BacktestFigures, type BacktestResult, type BacktestRow, poolIdOf } from '@spotopt/contracts';
import { isAppError } from '@spotopt/kernel';
import {
  type Figures,
  optimumInTurns,
  PlannedPolicy,
  REPLAY_RULES,
  replayInTurns,
  type ReplayMarket,
  type ReplayPolicy,
  type ReplayRules,
  type Scenario,
  type StepRecord,
} from '../replay/index.js';
import { TolerantPolicy } from './tolerant-policy.js';

export interface BacktestEntry {
  readonly engine: string;
  readonly role: BacktestRow['role'];
  /** A new one for this replay. */
  readonly policy: (market: ReplayMarket, rules: ReplayRules) => ReplayPolicy;
}

export interface BacktestSettings {
  readonly source: BacktestResult['source'];
  /** Null: as much as 100 minutes on demand. */
  readonly downtimeUsdPerMinute: number | null;
  readonly notes: readonly string[];
}

export interface BacktestControl {
  /** Often: lets others have their turn, or throws to end the run. */
  readonly takeTurn: () => Promise<void> | undefined;
  /** 0 to 1, never falling. */
  readonly onProgress: (share: number) => void;
}

/** Points of a chart's line; a screen shows no more. */
const CHART_POINTS = 240;
const MAX_MARKS = 500;

/** Plays every engine and the best plan on one scenario. Deterministic: run again, it gives the same. */
export async function runBacktest(
  scenario: Scenario,
  entries: readonly BacktestEntry[],
  settings: BacktestSettings,
  control: BacktestControl,
): Promise<BacktestResult> {
  const rules = rulesOf(scenario, settings);
  const progress = (played: number) => (step: number) => {
    control.onProgress((played + step / scenario.steps) / (entries.length + 1));
    return control.takeTurn();
  };
  const optimum = await playOptimum(scenario, rules, { ...control, takeStep: progress(0) });
  const rows: BacktestRow[] = [];
  for (const [index, entry] of entries.entries()) {
    rows.push(await playEntry(scenario, entry, rules, progress(index + 1)));
  }
  control.onProgress(1);
  const live = rows.find(({ role }) => role === 'live')?.played?.figures.score ?? null;
  const { startS, stepSeconds, steps, pools, onDemand } = scenario;
  const costUsd = (onDemand.usdPerHour * steps * stepSeconds) / 3600;
  return {
    source: settings.source,
    from: isoOf(startS),
    to: isoOf(startS + steps * stepSeconds),
    stepSeconds,
    steps,
    poolIds: pools.map(({ instanceType, az }) => poolIdOf(instanceType, az)),
    onDemand: { ...onDemand, costUsd },
    downtimeUsdPerMinute: (rules.downtimeWeight * onDemand.usdPerHour) / 60,
    times: chartSteps(steps).map((step) => isoOf(startS + step * stepSeconds)),
    optimum,
    rows: rows.map((row) => compared(row, live, optimum.figures.score)),
    notes: [...settings.notes],
  };
}

type Played = BacktestResult['optimum'];
type TakeStep = (step: number) => Promise<void> | undefined;

async function playOptimum(
  scenario: Scenario,
  rules: ReplayRules,
  { takeTurn, takeStep }: Pick<BacktestControl, 'takeTurn'> & { takeStep: TakeStep },
): Promise<Played> {
  const planning = optimumInTurns(scenario, rules.downtimeWeight, rules);
  let turn = planning.next();
  for (; turn.done !== true; turn = planning.next()) await takeTurn();
  return play(scenario, new PlannedPolicy('optimum', turn.value.plan), rules, takeStep);
}

async function playEntry(
  scenario: Scenario,
  entry: BacktestEntry,
  rules: ReplayRules,
  takeStep: TakeStep,
): Promise<BacktestRow> {
  const row: BacktestRow = {
    engine: entry.engine,
    role: entry.role,
    played: null,
    error: null,
    faults: 0,
    scoreToLive: null,
    scoreToOptimum: null,
    marks: [],
  };
  const policy = new TolerantPolicy(entry.policy(scenario, rules));
  try {
    const { marks, ...played } = await play(scenario, policy, rules, takeStep);
    return { ...row, played, marks, faults: policy.faults };
  } catch (error) {
    if (!isAppError(error) || error.code !== 'engine-keeps-failing') throw error;
    return { ...row, error: error.message, faults: policy.faults };
  }
}

async function play(
  scenario: Scenario,
  policy: ReplayPolicy,
  rules: ReplayRules,
  takeTurn: TakeStep,
): Promise<Played & Pick<BacktestRow, 'marks'>> {
  const recorder = new Recorder(scenario);
  const figures = await replayInTurns(scenario, policy, {
    rules,
    takeTurn,
    onStep: (record) => {
      recorder.add(record);
    },
  });
  return { figures: shownFigures(figures), costUsd: recorder.costUsd, marks: recorder.marks };
}

/** Keeps what a chart shows of a replay. */
class Recorder {
  readonly costUsd: number[] = [0];
  readonly marks: BacktestRow['marks'] = [];
  readonly #points: ReadonlySet<number>;
  #total = 0;
  #primary: string | null = null;

  constructor(private readonly scenario: Scenario) {
    this.#points = new Set(chartSteps(scenario.steps));
  }

  add({ step, costUsd, primary, events }: StepRecord): void {
    this.#total += costUsd;
    if (this.#points.has(step + 1)) this.costUsd.push(this.#total);
    const at = isoOf(this.scenario.startS + step * this.scenario.stepSeconds);
    if (events.some(({ kind }) => kind === 'interrupted')) this.#mark(at, 'interruption');
    if (this.#primary !== null && this.#primary !== primary) this.#mark(at, 'switch');
    this.#primary = primary;
  }

  #mark(at: string, kind: BacktestRow['marks'][number]['kind']): void {
    if (this.marks.length < MAX_MARKS) this.marks.push({ at, kind });
  }
}

/** Ends of steps at which the chart has a point; the start and the end among them. */
function chartSteps(steps: number): number[] {
  const points = Math.min(steps, CHART_POINTS);
  return Array.from({ length: points + 1 }, (_, point) => Math.round((steps * point) / points));
}

function rulesOf({ onDemand }: Scenario, { downtimeUsdPerMinute }: BacktestSettings): ReplayRules {
  if (downtimeUsdPerMinute === null) return REPLAY_RULES;
  return { ...REPLAY_RULES, downtimeWeight: (downtimeUsdPerMinute * 60) / onDemand.usdPerHour };
}

function compared(row: BacktestRow, live: number | null, optimum: number): BacktestRow {
  const score = row.played?.figures.score;
  if (score === undefined) return row;
  return { ...row, scoreToLive: live === null ? null : score - live, scoreToOptimum: score - optimum };
}

function shownFigures(figures: Figures): BacktestFigures {
  const { costUsd, costRatio, availability, downtimeSeconds, switches, interruptions, survived, score } =
    figures;
  return { costUsd, costRatio, availability, downtimeSeconds, switches, interruptions, survived, score };
}

function isoOf(atS: number): string {
  return new Date(atS * 1000).toISOString();
}
