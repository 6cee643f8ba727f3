/** One measured number, with what it is compared to where there is something. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The same quantity of the plain thing, measured in the same run; null without one. */
  readonly reference: number | null;
}

/** Name and version of everything that the figure depends on. */
export type Versions = Readonly<Record<string, string>>;

const SIGNIFICANT_DIGITS = 6;

export function ratioOf({ value, reference }: Figure): number | null {
  return reference === null || reference === 0 ? null : rounded(value / reference);
}

/** The stable form: one JSON object per line. */
export function figureLine(figure: Figure, versions: Versions): string {
  const { name, value, unit, reference } = figure;
  return JSON.stringify({
    name,
    value: rounded(value),
    unit,
    reference: reference === null ? null : rounded(reference),
    ratio: ratioOf(figure),
    versions,
  });
}

/** Digits beyond these are noise. */
function rounded(value: number): number {
  return Number(value.toPrecision(SIGNIFICANT_DIGITS));
}
