import { AppError } from '@spotopt/kernel';
import { z } from 'zod';

/** What the Spot Advisor says of one type in one region, over the last month and all zones. */
export interface SpotAdvice {
  readonly region: string;
  readonly instanceType: string;
  /** Index of a range of interruptions, 0 (fewest) to 4; not a percentage. */
  readonly bucket: number;
  /** The range in words, for example `<5%`. */
  readonly label: string;
  /** Saving against the on-demand price. */
  readonly savingsPercent: number;
}

/** How often AWS takes spot instances back, as it publishes it; Linux only. */
export abstract class SpotAdvisor {
  /**
   * All regions and types that it has; one that is missing is unknown, neither good nor bad.
   * @throws AppError `advisor-unavailable` (transient); `advisor-malformed` (permanent) when the file, for which
   * there is no contract, has another shape
   */
  abstract advice(): Promise<readonly SpotAdvice[]>;
}

const advisorFile = z.object({
  ranges: z.array(z.object({ index: z.int().min(0).max(4), label: z.string().min(1) })).min(1),
  spot_advisor: z.record(z.string(), z.object({ Linux: z.record(z.string(), z.unknown()).optional() })),
});
const advisorEntry = z.object({ s: z.number(), r: z.int() });

/**
 * The entries of the file; one that cannot be read, or whose range the file does not explain, is left out.
 * @throws AppError `advisor-malformed` (permanent) also when none of its entries can be read
 */
export function parseAdvisorFile(text: string): SpotAdvice[] {
  const { ranges, spot_advisor: regions } = parsed(text);
  const labels = new Map(ranges.map(({ index, label }) => [index, label]));
  const entries = Object.entries(regions).flatMap(([region, { Linux = {} }]) =>
    Object.entries(Linux).map(([instanceType, entry]) => ({ region, instanceType, entry })),
  );
  const advice = entries.flatMap(({ region, instanceType, entry }) => {
    const { data } = advisorEntry.safeParse(entry);
    const label = data === undefined ? undefined : labels.get(data.r);
    if (data === undefined || label === undefined) return [];
    return [{ region, instanceType, bucket: data.r, label, savingsPercent: data.s }];
  });
  // Nothing at all of many is another shape, and not the news that nothing is known any more.
  if (entries.length > 0 && advice.length === 0) throw malformed('no entry has a saving and a known range');
  return advice;
}

function parsed(text: string): z.output<typeof advisorFile> {
  try {
    return advisorFile.parse(JSON.parse(text));
  } catch (error) {
    throw malformed(error instanceof z.ZodError ? z.prettifyError(error) : String(error), error);
  }
}

function malformed(problem: string, cause?: unknown): AppError {
  return AppError.permanent('advisor-malformed', `the Spot Advisor's file cannot be read: ${problem}`, {
    cause,
  });
}
