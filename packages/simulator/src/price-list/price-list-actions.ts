import { z } from 'zod';
import { awsError } from '../aws/aws-error.js';
import { ON_DEMAND_PRICES_AS_OF } from '../prices/on-demand-prices.js';
import type { SimulatedRegion } from '../region/simulated-region.js';
import { priceListEntry, type Product, productsOf } from './list-products.js';

const MOST_PER_PAGE = 100;
const EFFECTIVE_DATE = `${ON_DEMAND_PRICES_AS_OF}T00:00:00Z`;

const getProductsInput = z.object({
  ServiceCode: z.string().min(1),
  Filters: z
    .array(z.object({ Type: z.literal('TERM_MATCH'), Field: z.string().min(1), Value: z.string() }))
    .default([]),
  FormatVersion: z.literal('aws_v1').optional(),
  MaxResults: z.int().min(1).max(MOST_PER_PAGE).default(MOST_PER_PAGE),
  NextToken: z.string().optional(),
});
type GetProductsInput = z.output<typeof getProductsInput>;

function getProducts(input: GetProductsInput, region: SimulatedRegion): Record<string, unknown> {
  if (input.ServiceCode !== 'AmazonEC2') {
    throw awsError('InvalidParameterException', `The service ${input.ServiceCode} has no prices here`);
  }
  const matching = productsOf(region).filter((product) => isMatch(product, input));
  const start = startOf(input.NextToken);
  const end = start + input.MaxResults;
  return {
    FormatVersion: 'aws_v1',
    PriceList: matching.slice(start, end).map((product) => priceListEntry(product, EFFECTIVE_DATE)),
    ...(end < matching.length ? { NextToken: String(end) } : {}),
  };
}

function isMatch({ attributes }: Product, { Filters }: GetProductsInput): boolean {
  return Filters.every(({ Field, Value }) => attributes[Field] === Value);
}

function startOf(token: string | undefined): number {
  if (token === undefined || token === '') return 0;
  if (/^\d+$/.test(token)) return Number(token);
  throw awsError('InvalidNextTokenException', `The token '${token}' is invalid`);
}

/** Answers one call of the Price List service (JSON 1.1). */
export function answerPriceList(
  operation: string,
  input: unknown,
  region: SimulatedRegion,
): Record<string, unknown> {
  if (operation !== 'GetProducts') throw awsError('UnknownOperationException', `No operation ${operation}`);
  region.advance();
  region.faults.beforeActing(operation);
  const parsed = getProductsInput.safeParse(input);
  if (!parsed.success) throw awsError('InvalidParameterException', z.prettifyError(parsed.error));
  const answer = getProducts(parsed.data, region);
  region.faults.afterActing(operation);
  return answer;
}
