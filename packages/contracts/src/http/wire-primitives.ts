import { z } from 'zod';

/** Agents send null where metadata failed (T9); absent and null mean the same. */
export const OptionalText = z.string().max(1024).nullish();
export const OptionalNumber = z.number().nullish();
export const OptionalFlag = z.boolean().nullish();

const TIME = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2})?(?:[.,](\d{1,9}))?(?:Z|([+-]\d{2}):?(\d{2}))?$/i;

/**
 * Time in any form that agents use (T10): without a zone (which means UTC), with `Z`, with an offset,
 * with or without fractions. Undefined when it is none of them.
 */
export function parseInstant(text: string): string | undefined {
  const match = TIME.exec(text.trim());
  if (match === null) return undefined;
  const [, date = '', minutes = '', seconds = ':00', fraction = '', offsetHours, offsetMinutes = ''] = match;
  const zone = offsetHours === undefined ? 'Z' : `${offsetHours}:${offsetMinutes}`;
  const milliseconds = fraction.slice(0, 3).padEnd(3, '0');
  const time = Date.parse(`${date}T${minutes}${seconds}.${milliseconds}${zone}`);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

/** A time in any form of T10, as UTC with milliseconds. */
export const WireInstant = z.string().transform((text, context) => {
  const instant = parseInstant(text);
  if (instant === undefined) {
    context.addIssue({ code: 'custom', message: 'expected a time such as 2026-01-31T10:00:00.000Z' });
    return z.NEVER;
  }
  return instant;
});
export const OptionalInstant = WireInstant.nullish();

/** Mode in any spelling; what is not known is `unknown`, to be corrected by a later report (CT-16). */
export function normaliseMode(text: string | null | undefined): 'spot' | 'ondemand' | 'unknown' {
  const word = (text ?? '').toLowerCase().replaceAll(/[\s_-]/g, '');
  if (word === 'spot') return 'spot';
  return word === 'ondemand' ? 'ondemand' : 'unknown';
}

/** Whole number in a query string. */
export function queryInteger(minimum: number, maximum: number, preset: number): z.ZodType<number> {
  return z.coerce.number().int().min(minimum).max(maximum).default(preset);
}

export const NoBody = z.unknown();
export const NoQuery = z.unknown();
export const Acknowledged = z.looseObject({ success: z.boolean(), status: z.string() });

/** Every error body: `error` is what deployed callers show, the rest is RFC 9457. */
export const ErrorBody = z.object({
  error: z.string(),
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  code: z.string(),
  errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
});
export type ErrorBody = z.infer<typeof ErrorBody>;
