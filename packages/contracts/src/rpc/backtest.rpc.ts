import { z } from 'zod';
import { defineRpc } from '../define.js';
import { Id, Instant, PoolId, UsdPerHour } from '../primitives.js';

/** Longest price file that a backtest takes; 90 days of one region's pools are a tenth of it. */
export const MAX_IMPORTED_CHARACTERS = 4_194_304;

export const BacktestEngineName = z.string().regex(/^[A-Za-z0-9][\w.-]{0,63}$/, 'the name of an engine');

export const BacktestRequest = z.object({
  /** The live engine is always played besides. */
  engines: z.array(BacktestEngineName).min(1).max(8),
  /** Null where the instance type was seen in one region only. */
  region: z.string().max(64).nullable(),
  instanceType: z.string().min(1).max(64),
  /** Null: so many days before the end. */
  from: Instant.nullable(),
  /** Null: 90, or all of an imported file. */
  days: z.number().int().min(1).max(400).nullable(),
  /** Null: now, or the end of an imported file. */
  to: Instant.nullable(),
  /** Null: every pool of the instance type in the region. */
  poolIds: z.array(PoolId).min(1).max(50).nullable(),
  /** What a minute of downtime costs. Null: as much as 100 minutes on demand. */
  downtimeUsdPerMinute: z.number().nonnegative().max(1e6).nullable(),
  /** Where the price is not known, such as for an imported file of another region. */
  onDemandUsdPerHour: UsdPerHour.nullable(),
  stepSeconds: z.number().int().min(180).max(3600).default(300),
});
export type BacktestRequest = z.infer<typeof BacktestRequest>;

export const BacktestFigures = z.object({
  costUsd: z.number(),
  /** Of the cost of staying on demand. */
  costRatio: z.number(),
  availability: z.number(),
  downtimeSeconds: z.number(),
  switches: z.number().int(),
  interruptions: z.number().int(),
  /** Interruptions in which a ready standby took over. */
  survived: z.number().int(),
  /** Cost and downtime in one number, in hours on demand per hour; lower is better. */
  score: z.number(),
});
export type BacktestFigures = z.infer<typeof BacktestFigures>;

const Played = z.object({
  figures: BacktestFigures,
  /** Cost so far at each of the result's times. */
  costUsd: z.array(z.number()),
});

export const BacktestRow = z.object({
  engine: z.string(),
  role: z.enum(['live', 'challenger']),
  /** Null for an engine that could not be played to the end; `error` says why. */
  played: Played.nullable(),
  error: z.string().nullable(),
  /** Answers that were late or wrong: everything stayed as it was. */
  faults: z.number().int().nonnegative(),
  /** Score less that of the live engine; negative is better. */
  scoreToLive: z.number().nullable(),
  /** Score less that of the best plan. */
  scoreToOptimum: z.number().nullable(),
  /** Changes of primary and interruptions, oldest first; the first 500. */
  marks: z.array(z.object({ at: Instant, kind: z.enum(['switch', 'interruption']) })),
});
export type BacktestRow = z.infer<typeof BacktestRow>;

export const BacktestResult = z.object({
  source: z.enum(['stored', 'imported']),
  from: Instant,
  to: Instant,
  stepSeconds: z.number().int(),
  steps: z.number().int(),
  poolIds: z.array(PoolId),
  onDemand: z.object({ instanceType: z.string(), usdPerHour: UsdPerHour, costUsd: z.number() }),
  downtimeUsdPerMinute: z.number(),
  /** Of the points of every series. */
  times: z.array(Instant),
  /** What a plan with full knowledge of the future would have come to. */
  optimum: Played,
  rows: z.array(BacktestRow),
  /** What a reader should know about the history. */
  notes: z.array(z.string()),
});
export type BacktestResult = z.infer<typeof BacktestResult>;

export const BacktestState = z.enum(['queued', 'running', 'completed', 'failed', 'cancelled']);
export type BacktestState = z.infer<typeof BacktestState>;

export const BacktestView = z.object({
  backtestId: Id,
  /** Null for the administrator's. */
  clientId: Id.nullable(),
  state: BacktestState,
  /** 0 to 1. */
  progress: z.number().min(0).max(1),
  request: BacktestRequest,
  imported: z.boolean(),
  createdAt: Instant,
  startedAt: Instant.nullable(),
  finishedAt: Instant.nullable(),
  error: z.string().nullable(),
});
export type BacktestView = z.infer<typeof BacktestView>;

export const StartBacktest = defineRpc({
  owner: 'decision',
  name: 'start-backtest',
  summary: 'Queues a replay of engines on stored prices, or on a price file that is sent along.',
  request: z.object({
    clientId: Id.nullable(),
    request: BacktestRequest,
    /** CSV or the JSON of `aws ec2 describe-spot-price-history`. */
    prices: z.string().max(MAX_IMPORTED_CHARACTERS).nullable(),
  }),
  response: z.object({ backtest: BacktestView }),
});

/** With null for `clientId` those of every tenant and the administrator's. */
const One = z.object({ clientId: Id.nullable(), backtestId: Id });

export const GetBacktest = defineRpc({
  owner: 'decision',
  name: 'get-backtest',
  summary: 'A backtest with its progress, and its result once it is completed.',
  request: One,
  response: z.object({ backtest: BacktestView.extend({ result: BacktestResult.nullable() }).nullable() }),
});

export const ListBacktests = defineRpc({
  owner: 'decision',
  name: 'list-backtests',
  summary: 'Backtests, newest first, without their results.',
  request: z.object({ clientId: Id.nullable(), limit: z.number().int().min(1).max(200).default(50) }),
  response: z.object({ backtests: z.array(BacktestView), total: z.number().int() }),
});

export const CancelBacktest = defineRpc({
  owner: 'decision',
  name: 'cancel-backtest',
  summary: 'Ends a backtest that is not finished; one that is stays as it is.',
  request: One,
  response: z.object({ backtest: BacktestView.nullable() }),
});

export const BacktestChart = defineRpc({
  owner: 'decision',
  name: 'backtest-chart',
  summary: 'A picture of a completed backtest; null without a result, or where there is no such backtest.',
  request: One,
  response: z.object({ found: z.boolean(), svg: z.string().nullable() }),
});
