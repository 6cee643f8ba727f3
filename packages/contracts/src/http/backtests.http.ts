import { z } from 'zod';
import { PoolId, UsdPerHour } from '../primitives.js';
import { BacktestEngineName, BacktestState } from '../rpc/backtest.rpc.js';
import { defineRoute } from './define-route.js';
import { queryInteger, WireInstant } from './wire-primitives.js';

const Step = z.number().int().min(180).max(3600);
const DowntimeCost = z.number().nonnegative().max(1e6);

/** In the words of the API; null is the same as not given. */
const Choice = {
  region: z.string().max(64).nullish(),
  instance_type: z.string().min(1).max(64),
  from: WireInstant.nullish(),
  to: WireInstant.nullish(),
};
/** Nothing is not 0. */
const QueryNumber = z.string().trim().min(1, 'expected a number').pipe(z.coerce.number());
const Days = z.number().int().min(1).max(400);

export const BacktestItem = z.looseObject({
  id: z.string(),
  state: BacktestState,
  /** 0 to 1. */
  progress: z.number(),
  engines: z.array(z.string()),
  region: z.string().nullable(),
  instance_type: z.string(),
  imported: z.boolean(),
  created_at: z.string(),
  started_at: z.string().nullable(),
  finished_at: z.string().nullable(),
  /** Why it failed, or what was wrong when it was last tried. */
  message: z.string().nullable(),
});

export type BacktestItem = z.infer<typeof BacktestItem>;

const Series = z.array(z.number());

export const BacktestTableRow = z.looseObject({
  engine: z.string(),
  role: z.enum(['live', 'challenger', 'optimum']),
  cost_usd: z.number().nullable(),
  cost_ratio: z.number().nullable(),
  availability: z.number().nullable(),
  downtime_seconds: z.number().nullable(),
  switches: z.number().int().nullable(),
  interruptions: z.number().int().nullable(),
  survived: z.number().int().nullable(),
  score: z.number().nullable(),
  score_to_live: z.number().nullable(),
  score_to_optimum: z.number().nullable(),
  faults: z.number().int(),
  message: z.string().nullable(),
});
export type BacktestTableRow = z.infer<typeof BacktestTableRow>;

export const BacktestReport = z.looseObject({
  source: z.enum(['stored', 'imported']),
  from: z.string(),
  to: z.string(),
  step_seconds: z.number().int(),
  steps: z.number().int(),
  pools: z.array(z.string()),
  on_demand_usd_per_hour: z.number(),
  on_demand_cost_usd: z.number(),
  downtime_usd_per_minute: z.number(),
  /** The live engine, its challengers, and the best plan that knew the future. */
  table: z.array(BacktestTableRow),
  times: z.array(z.string()),
  cost_usd: z.record(z.string(), Series),
  marks: z.record(z.string(), z.array(z.object({ at: z.string(), kind: z.string() }))),
  notes: z.array(z.string()),
});
export type BacktestReport = z.infer<typeof BacktestReport>;

export const StartBacktestRoute = defineRoute({
  id: 'startBacktest',
  at: 'POST /api/backtests',
  summary: 'Replays engines on the stored prices of a market: 90 days up to now when no window is given.',
  access: 'client-or-admin',
  status: 202,
  body: z.object({
    engines: z.array(BacktestEngineName).min(1).max(8),
    ...Choice,
    /** Up to the end of the window, where it has no start. */
    days: Days.nullish(),
    pools: z.array(PoolId).min(1).max(50).nullish(),
    downtime_usd_per_minute: DowntimeCost.nullish(),
    on_demand_usd_per_hour: UsdPerHour.nullish(),
    step_seconds: Step.nullish(),
  }),
  response: BacktestItem,
});

export const ImportBacktestRoute = defineRoute({
  id: 'importBacktest',
  at: 'POST /api/backtests/import',
  summary:
    'The same on a price file: CSV timestamp,instance_type,az,spot_price, or what `aws ec2 describe-spot-price-history` ' +
    'prints; up to 4 MB, may be gzip-encoded.',
  access: 'client-or-admin',
  status: 202,
  consumes: ['text/csv', 'text/plain'],
  query: z.object({
    /** Separated by commas. */
    engines: z
      .string()
      .transform((text) => text.split(','))
      .pipe(z.array(BacktestEngineName).min(1).max(8)),
    ...Choice,
    /** Separated by commas; all of the file without it. */
    pools: z
      .string()
      .transform((text) => text.split(','))
      .pipe(z.array(PoolId).min(1).max(50))
      .optional(),
    days: QueryNumber.pipe(Days).optional(),
    downtime_usd_per_minute: QueryNumber.pipe(DowntimeCost).optional(),
    on_demand_usd_per_hour: QueryNumber.pipe(UsdPerHour).optional(),
    step_seconds: QueryNumber.pipe(Step).optional(),
  }),
  response: BacktestItem,
});

export const ListBacktestsRoute = defineRoute({
  id: 'listBacktests',
  at: 'GET /api/backtests',
  summary: 'Backtests, newest first, without their results; a tenant sees its own.',
  access: 'client-or-admin',
  query: z.object({ limit: queryInteger(1, 200, 50) }),
  response: z.object({ backtests: z.array(BacktestItem), total: z.number().int() }),
});

export const GetBacktestRoute = defineRoute({
  id: 'getBacktest',
  at: 'GET /api/backtests/:backtestId',
  summary: 'A backtest with its progress, and its result once it is completed.',
  access: 'client-or-admin',
  response: BacktestItem.extend({ result: BacktestReport.nullable() }),
});

export const BacktestChartRoute = defineRoute({
  id: 'backtestChart',
  at: 'GET /api/backtests/:backtestId/chart.svg',
  summary: 'The cost so far of every engine, and when it changed its primary or lost it, as a picture.',
  access: 'client-or-admin',
  response: z.string(),
  produces: ['image/svg+xml'],
});

export const CancelBacktestRoute = defineRoute({
  id: 'cancelBacktest',
  at: 'DELETE /api/backtests/:backtestId',
  summary: 'Ends a backtest that is not finished; one that is stays as it is.',
  access: 'client-or-admin',
  response: BacktestItem,
});
