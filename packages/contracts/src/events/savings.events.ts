import { z } from 'zod';
import { defineEvent } from '../define.js';
import { Id, Instant } from '../primitives.js';

/** A UTC day. */
export const Day = z.iso.date();

/**
 * Money and time of one workload or many. `actualUsd` is the sum of its four parts; `savingsUsd` is
 * `onDemandUsd - actualUsd`, signed, and contains nothing that rests on an estimated price: that part stands
 * apart in `estimatedSavingsUsd`.
 */
export const LedgerFigures = z.object({
  /** One on-demand machine for as long as the workload had a primary. */
  onDemandUsd: z.number(),
  actualUsd: z.number(),
  primaryUsd: z.number(),
  /** Hot standbys. */
  standbyUsd: z.number(),
  /** Machines that ran twice because of planned switches. */
  switchUsd: z.number(),
  /** Machines that ran twice because of interruptions. */
  interruptionUsd: z.number(),
  savingsUsd: z.number(),
  estimatedSavingsUsd: z.number(),
  spotHours: z.number().nonnegative(),
  onDemandHours: z.number().nonnegative(),
  standbyHours: z.number().nonnegative(),
  /** Hours of any machine whose price was computed, not measured; they are in the figures. */
  filledHours: z.number().nonnegative(),
  /** Hours of any machine without a price: not in the figures. */
  unpricedHours: z.number().nonnegative(),
  switches: z.number().int().nonnegative(),
  interruptions: z.number().int().nonnegative(),
  downtimeMs: z.number().nonnegative(),
});
export type LedgerFigures = z.infer<typeof LedgerFigures>;

export const DayClosedV1 = defineEvent({
  name: 'savings.day-closed',
  version: 1,
  owner: 'pricing',
  summary: 'The cost of a workload on a UTC day is settled, or settled again with another result.',
  subject: 'logical agent',
  data: z.object({
    clientId: Id,
    agentId: Id,
    day: Day,
    figures: LedgerFigures,
    /** 1 for the first closing. */
    revision: z.number().int().positive(),
    /** What the closing before said; null for the first. */
    previousSavingsUsd: z.number().nullable(),
    closedAt: Instant,
  }),
});
