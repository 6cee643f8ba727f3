import { type Figure, ratioOf } from './figure.js';

type Limit = { readonly below: number } | { readonly atMost: number } | { readonly atLeast: number };

/** What a figure, or its ratio to the reference, must hold. */
export type Bound = Limit & { readonly figure: string; readonly of: 'value' | 'ratio' };

/** One sentence per bound that does not hold; a figure that was not measured does not hold either. */
export function missedBounds(bounds: readonly Bound[], figures: readonly Figure[]): string[] {
  return bounds.flatMap((bound) => {
    const figure = figures.find(({ name }) => name === bound.figure);
    if (figure === undefined) return [`${bound.figure} was not measured`];
    const measured = bound.of === 'value' ? figure.value : ratioOf(figure);
    if (measured !== null && holds(measured, bound)) return [];
    const shown = measured === null ? 'unknown' : String(Number(measured.toPrecision(4)));
    const what = bound.of === 'value' ? `is ${shown} ${figure.unit}` : `has the ratio ${shown}`;
    return [`${bound.figure} ${what}, not ${textOf(bound)}`];
  });
}

/** How the bound reads in a list: `pricing-quality.error: ratio below 1`. */
export function describeBound(bound: Bound): string {
  return `${bound.figure}: ${bound.of} ${textOf(bound)}`;
}

function holds(measured: number, limit: Limit): boolean {
  if (Number.isNaN(measured)) return false;
  if ('below' in limit) return measured < limit.below;
  return 'atMost' in limit ? measured <= limit.atMost : measured >= limit.atLeast;
}

function textOf(limit: Limit): string {
  if ('below' in limit) return `below ${String(limit.below)}`;
  return 'atMost' in limit ? `at most ${String(limit.atMost)}` : `at least ${String(limit.atLeast)}`;
}
