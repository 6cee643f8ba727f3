import { z } from 'zod';

/** The part of a Price List entry (format `aws_v1`) that says what is sold and what an hour costs. */
const entry = z.object({
  product: z.object({ attributes: z.object({ instanceType: z.string() }) }),
  terms: z.object({
    OnDemand: z.record(
      z.string(),
      z.object({
        priceDimensions: z.record(
          z.string(),
          z.object({ unit: z.string(), pricePerUnit: z.object({ USD: z.string().optional() }) }),
        ),
      }),
    ),
  }),
});

export interface ListedPrice {
  readonly instanceType: string;
  readonly usdPerHour: number;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // One entry that cannot be read must not hide the others.
    return undefined;
  }
}

/**
 * The hourly price of one entry; null when it is not an entry of an instance type, has no price per hour in USD, or
 * costs nothing, as capacity that is billed elsewhere does. Of several prices the lowest: a saving is then never
 * overstated.
 */
export function parsePriceListEntry(text: string): ListedPrice | null {
  const parsed = entry.safeParse(parsedJson(text));
  if (!parsed.success) return null;
  const { product, terms } = parsed.data;
  const prices = Object.values(terms.OnDemand)
    .flatMap((term) => Object.values(term.priceDimensions))
    .filter((dimension) => dimension.unit === 'Hrs')
    .map((dimension) => Number(dimension.pricePerUnit.USD))
    .filter((usd) => Number.isFinite(usd) && usd > 0);
  if (prices.length === 0) return null;
  return { instanceType: product.attributes.instanceType, usdPerHour: Math.min(...prices) };
}
