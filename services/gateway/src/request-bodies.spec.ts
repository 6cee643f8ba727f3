import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { GatewayHarness } from './gateway-harness.contract.js';
import { SchemaPipe } from './request-bodies.js';

let gateway: GatewayHarness;

beforeAll(async () => {
  gateway = await GatewayHarness.start();
});

afterAll(() => gateway.stop());

describe('a text body', () => {
  it.each([
    ['/api/admin/clients', 'text/plain'],
    ['/api/admin/clients/create', 'text/csv; charset=utf-8'],
  ])('is refused by %s as %s, with a request id too', async (path, type) => {
    const answer = await gateway.call('POST', path, {
      rawBody: JSON.stringify({ name: 'acme' }),
      headers: { 'content-type': type, 'x-request-id': 'once' },
    });
    expect(answer).toMatchObject({ status: 415, body: { code: 'unsupported-media-type' } });
  });

  it('of an unknown path is answered like any other', async () => {
    const headers = { 'content-type': 'text/plain' };
    expect((await gateway.call('POST', '/api/nowhere', { rawBody: 'x', headers })).status).toBe(404);
  });
});

describe('SchemaPipe', () => {
  const schema = z.object({ filter: z.unknown() });
  const input = (): unknown => JSON.parse('{"filter": {"__proto__": {"admin": true}, "name": "x"}}');

  it('cleans what is no body', async () => {
    const read = await new SchemaPipe().transform(input(), { type: 'query', schema });
    expect(JSON.stringify(read)).toBe('{"filter":{"name":"x"}}');
  });

  it('does not walk through a body, which was cleaned by its text', async () => {
    const read = await new SchemaPipe().transform(input(), { type: 'body', schema });
    expect(JSON.stringify(read)).toContain('admin');
  });
});
