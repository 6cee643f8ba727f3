import { z } from 'zod';
import { defineRpc } from '../define.js';
import { Day, LedgerFigures } from '../events/savings.events.js';
import { Id, Instant, Mode, PoolId } from '../primitives.js';

/** Requests about money, answered by pricing from the cost ledger. Amounts are USD with six decimals. */

export const SavingsPeriod = z.object({
  /** `2026-11` or `2026-11-21`. */
  period: z.string(),
  ...LedgerFigures.shape,
  savingsPercent: z.number().nullable(),
  /** What AWS charged, where a cost report was imported for every day of the period that ran anything. */
  settledActualUsd: z.number().nullable(),
  settledSavingsUsd: z.number().nullable(),
  /** Contains a day that is not closed yet. */
  open: z.boolean(),
  /** A closed day of it was closed again with another result. */
  revised: z.boolean(),
  /** The cost is far from what the days before it let expect. */
  anomaly: z.boolean(),
});
export type SavingsPeriod = z.infer<typeof SavingsPeriod>;

/** Longest span of a savings report; the ledger keeps two years. */
export const MAX_SAVINGS_DAYS = 800;

export const SavingsReport = defineRpc({
  owner: 'pricing',
  name: 'savings-report',
  summary: 'Cost, counterfactual and savings by day or month, oldest first; today counts up to now.',
  request: z.object({
    clientId: Id.nullable(),
    agentId: Id.nullable(),
    /** Both inclusive, and at most `MAX_SAVINGS_DAYS` together. */
    from: Day,
    to: Day,
    by: z.enum(['day', 'month']),
  }),
  response: z.object({
    periods: z.array(SavingsPeriod),
    total: SavingsPeriod,
    /** For the month of `to`, from its days so far; null when it has none. */
    projection: z
      .object({
        period: z.string(),
        actualUsd: z.number(),
        onDemandUsd: z.number(),
        savingsUsd: z.number(),
        daysKnown: z.number(),
        daysInMonth: z.number().int(),
      })
      .nullable(),
    /** Of daily savings over the window; `unknown` with fewer than six days. */
    trend: z.enum(['rising', 'falling', 'stable', 'unknown']),
  }),
});

export const SavingsTotals = defineRpc({
  owner: 'pricing',
  name: 'savings-totals',
  summary: 'Savings of every tenant that ever ran anything, in all and this month, up to now.',
  request: z.object({ clientId: Id.nullable() }),
  response: z.object({
    clients: z.array(
      z.object({
        clientId: Id,
        savingsUsdTotal: z.number(),
        savingsUsdThisMonth: z.number(),
        onDemandUsdThisMonth: z.number(),
        actualUsdThisMonth: z.number(),
        /** Part that rests on estimated prices; not contained in the other figures. */
        estimatedSavingsUsdTotal: z.number(),
      }),
    ),
  }),
});

export const LedgerLine = z.object({
  agentId: Id,
  instanceId: Id,
  ec2InstanceId: z.string().nullable(),
  mode: Mode,
  poolId: PoolId,
  /** What the machine was for at that time. */
  purpose: z.enum(['primary', 'standby', 'switch', 'interruption']),
  from: Instant,
  to: Instant,
  hours: z.number().nonnegative(),
  costUsd: z.number(),
  /** What one on-demand machine would have cost; zero for everything but the primary. */
  onDemandUsd: z.number(),
  /** Hours whose price was computed, not measured. */
  filledHours: z.number().nonnegative(),
  /** Hours whose spot price is the last one known before a stretch without any. */
  carriedHours: z.number().nonnegative(),
  /** Hours without any price: not in the figures. */
  unpricedHours: z.number().nonnegative(),
  /** The cost or the counterfactual rests on an estimate. */
  estimated: z.boolean(),
});
export type LedgerLine = z.infer<typeof LedgerLine>;

export const LedgerDay = defineRpc({
  owner: 'pricing',
  name: 'ledger-day',
  summary: 'How the figures of a day came about: every machine, and what earlier closings said.',
  request: z.object({ clientId: Id, agentId: Id.nullable(), day: Day }),
  response: z.object({
    day: Day,
    open: z.boolean(),
    lines: z.array(LedgerLine),
    closings: z.array(
      z.object({
        agentId: Id,
        revision: z.number().int().positive(),
        closedAt: Instant,
        figures: LedgerFigures,
        /** Figures that differ from the closing before, and `counterfactualUsd` where only what settled costs are
         * compared with does; empty for the first. */
        changed: z.array(z.string()),
      }),
    ),
  }),
});

export const InstanceCosts = defineRpc({
  owner: 'pricing',
  name: 'instance-costs',
  summary:
    'What one machine cost and saved since it started and in the last 30 days; null for an unknown one.',
  request: z.object({ clientId: Id.nullable(), ec2InstanceId: z.string() }),
  response: z.object({
    costs: z
      .object({
        startedAt: Instant,
        endedAt: Instant.nullable(),
        hours: z.number(),
        costUsd: z.number(),
        savingsUsd: z.number(),
        savingsUsdLast30Days: z.number(),
        estimated: z.boolean(),
      })
      .nullable(),
  }),
});

export const CloseDay = defineRpc({
  owner: 'pricing',
  name: 'close-day',
  summary: 'Closes a past day again, of one tenant or all. Changes nothing unless a figure differs.',
  request: z.object({ day: Day, clientId: Id.nullable() }),
  response: z.object({
    agents: z.number().int(),
    changed: z.array(
      z.object({
        clientId: Id,
        agentId: Id,
        revision: z.number().int(),
        savingsUsdBefore: z.number().nullable(),
        savingsUsdAfter: z.number(),
      }),
    ),
  }),
});

export const ImportCosts = defineRpc({
  owner: 'pricing',
  name: 'import-costs',
  summary:
    'A part of a cost report, summed per machine and hour. The same hour from the same source again replaces what was there.',
  request: z.object({
    clientId: Id,
    importId: Id,
    source: z.enum(['cost-and-usage-report', 'spot-data-feed']),
    rows: z
      .array(
        z.object({
          ec2InstanceId: z.string(),
          /** Start of a UTC hour; of the day's first one for what is charged by the day. */
          hourAt: Instant.refine((at) => Date.parse(at) % 3_600_000 === 0, 'expected the start of an hour'),
          usd: z.number(),
          hours: z.number().nullable(),
        }),
      )
      .max(2000),
  }),
  response: z.object({
    stored: z.number().int(),
    /** Machines that this tenant never ran: not stored. */
    unknownInstances: z.array(z.string()),
  }),
});
