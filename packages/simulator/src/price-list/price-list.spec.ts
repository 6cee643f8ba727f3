import { afterEach, expect, test } from '@jest/globals';
import { GetProductsCommand, type GetProductsCommandInput, PricingClient } from '@aws-sdk/client-pricing';
import { failureOf, startRegion } from '../running-simulator.contract.js';

const clients: PricingClient[] = [];

afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
});

async function startPriceList() {
  const setup = await startRegion();
  const client = new PricingClient({
    endpoint: setup.simulator.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    maxAttempts: 1,
  });
  clients.push(client);
  return { ...setup, client };
}

const match = (Field: string, Value: string) => ({ Type: 'TERM_MATCH' as const, Field, Value });
const typeOf = (entry: string): unknown =>
  (JSON.parse(entry) as { product: { attributes: Record<string, string> } }).product.attributes[
    'instanceType'
  ];

/** The SDK types entries as text or as an object around it. */
async function entriesOf(client: PricingClient, input: Partial<GetProductsCommandInput>) {
  const answer = await client.send(new GetProductsCommand({ ServiceCode: 'AmazonEC2', ...input }));
  const list: unknown = answer.PriceList;
  const entries = Array.isArray(list) ? list.map((entry: unknown) => String(entry)) : [];
  return { entries, next: answer.NextToken };
}

test('products of a type are found by their attributes, with the price in USD per hour', async () => {
  const { client } = await startPriceList();
  const Filters = [match('instanceType', 'm5.large'), match('regionCode', 'us-east-1')];
  expect((await entriesOf(client, { Filters })).entries).toHaveLength(5);
  const plain = [
    ...Filters,
    match('operatingSystem', 'Linux'),
    match('tenancy', 'Shared'),
    match('capacitystatus', 'Used'),
  ];
  const { entries } = await entriesOf(client, { Filters: plain });
  expect(entries).toHaveLength(1);
  expect(entries[0]).toContain('"unit":"Hrs"');
  expect(entries[0]).toContain('"pricePerUnit":{"USD":"0.0960000000"}');
  const other = [match('instanceType', 'm5.large'), match('regionCode', 'eu-west-1')];
  expect((await entriesOf(client, { Filters: other })).entries).toEqual([]);
});

test('the list comes in pages', async () => {
  const { client } = await startPriceList();
  const types: unknown[] = [];
  let next: string | undefined;
  let pages = 0;
  do {
    const page = await entriesOf(client, { MaxResults: 3, NextToken: next });
    types.push(...page.entries.map(typeOf));
    next = page.next;
    pages += 1;
  } while (next !== undefined);
  expect(pages).toBe(4);
  expect(types.filter((type) => type === 'm5.large')).toHaveLength(5);
  expect(types.filter((type) => type === 't3.medium')).toHaveLength(5);
});

test('faults and wrong requests are answered as errors of the service', async () => {
  const { client, simulator } = await startPriceList();
  const ask = (ServiceCode = 'AmazonEC2'): Promise<unknown> =>
    client.send(new GetProductsCommand({ ServiceCode }));
  simulator.region.faults.add({
    kind: 'fail-before',
    operation: 'GetProducts',
    times: 1,
    code: 'AccessDeniedException',
    httpStatus: 400,
  });
  expect((await failureOf(ask())).code).toBe('AccessDeniedException');
  expect((await failureOf(ask('AmazonS3'))).code).toBe('InvalidParameterException');
});
