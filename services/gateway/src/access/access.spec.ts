import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ClientCreatedV1, ListAgents } from '@spotopt/contracts';
import { waitFor } from '@spotopt/testkit';
import { ADMIN_TOKEN, GatewayHarness } from '../gateway-harness.contract.js';

let gateway: GatewayHarness;
let acme: { id: string; token: string };
let other: { id: string; token: string };

beforeAll(async () => {
  gateway = await GatewayHarness.start();
  acme = await gateway.createClient('acme');
  other = await gateway.createClient('other');
  gateway.addAgent(acme.id, 'key-acme');
  gateway.addAgent(other.id, 'key-other');
  await gateway.answer(ListAgents, () => ({ agents: [] }));
});

afterAll(async () => {
  await gateway.stop();
});

const PROBLEM = {
  error: expect.any(String),
  type: expect.stringMatching(/^urn:spotopt:problem:/),
  title: expect.any(String),
  detail: expect.any(String),
  code: expect.any(String),
};

describe('who may do what', () => {
  it.each([
    ['GET', '/api/admin/stats', null, 401],
    ['GET', '/api/admin/stats', 'nonsense', 401],
    ['GET', '/api/admin/stats', 'client', 403],
    ['GET', '/api/admin/clients', 'client', 403],
    ['POST', '/api/admin/clients', 'client', 403],
    ['GET', '/api/client/validate', null, 401],
    ['GET', '/api/client/validate', 'client', 200],
    ['GET', '/api/client/validate', 'admin', 403],
    ['POST', '/api/agents/key-acme/heartbeat', null, 401],
    ['POST', '/api/agents/key-acme/heartbeat', 'admin', 403],
    ['POST', '/api/agents/key-acme/heartbeat', 'client', 200],
    ['GET', '/api/agents/key-acme', 'client', 200],
    ['GET', '/api/agents/key-acme', 'admin', 200],
    ['GET', '/api/agents/key-other', 'client', 404],
    ['GET', '/api/agents/key-other', 'admin', 200],
    ['GET', '/api/notifications', 'client', 200],
    ['GET', '/health', null, 200],
    ['GET', '/health/live', null, 200],
    ['GET', '/metrics', null, 200],
    ['GET', '/api/openapi.json', null, 200],
    ['GET', '/api/nowhere', null, 404],
  ])('%s %s with token %s is %i', async (method, path, who, status) => {
    const token = { client: acme.token, admin: ADMIN_TOKEN, nonsense: 'token-nonsense' }[String(who)] ?? null;
    const answer = await gateway.call(method, path, {
      token,
      ...(method === 'POST' ? { body: { name: 'x' } } : {}),
    });
    expect(answer.status).toBe(status);
    if (status >= 400) expect(answer.body).toEqual({ ...PROBLEM, status });
  });

  it.each(['Basic abc', 'Bearer', 'token-x'])('refuses the header %j', async (authorization) => {
    const answer = await gateway.call('GET', '/api/client/validate', {
      token: null,
      headers: { authorization },
    });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });

  it('answers a foreign and a missing agent in the same way, whatever is asked', async () => {
    for (const [method, path, body] of [
      ['GET', ''],
      ['GET', '/pending-commands'],
      ['POST', '/heartbeat', {}],
      ['POST', '/pricing-report', { pools: [] }],
      ['POST', '/termination-imminent', {}],
      ['POST', '/commands/c1/executed', { success: true }],
    ] as const) {
      const [foreign, missing] = await Promise.all(
        ['key-other', 'key-none'].map((key) =>
          gateway.call(method, `/api/agents/${key}${path}`, { token: acme.token, ...(body ? { body } : {}) }),
        ),
      );
      expect(foreign?.status).toBe(404);
      expect(foreign?.text).toBe(missing?.text);
    }
  });

  it('answers a foreign and a missing tenant in the same way', async () => {
    const foreign = await gateway.call('GET', `/api/client/${other.id}`, { token: acme.token });
    const missing = await gateway.call('GET', '/api/client/none', { token: acme.token });
    const adminMissing = await gateway.call('GET', '/api/client/none');
    expect([foreign.status, missing.status, adminMissing.status]).toEqual([404, 404, 404]);
    expect(foreign.text).toBe(missing.text);
    expect(foreign.text).toBe(adminMissing.text);
  });
});

describe('tenants', () => {
  it('are created once per name, with a token that works and is not stored in clear', async () => {
    const created = await gateway.call('POST', '/api/admin/clients/create', {
      body: { name: 'fresh', email: 'a@example.org' },
    });
    expect(created.status).toBe(201);
    expect(created.body['token']).toMatch(/^token-[0-9a-f]{64}$/);
    const again = await gateway.call('POST', '/api/admin/clients', { body: { name: 'FRESH' } });
    expect(again.status).toBe(409);
    const sameMail = await gateway.call('POST', '/api/admin/clients', {
      body: { name: 'fresh 2', email: 'A@example.org' },
    });
    expect(sameMail.body).toMatchObject({ status: 409, code: 'client-email-in-use' });
    await waitFor(() => gateway.dataOf(ClientCreatedV1).some(({ name }) => name === 'fresh'), {
      what: 'the event',
    });
    expect(gateway.events.some(({ body }) => body.includes(String(created.body['token'])))).toBe(false);
  });

  it.each([
    [{ name: '  ' }, 'name'],
    [{}, 'name'],
    [{ name: 5 }, 'name'],
    [{ name: 'ok', email: 'no' }, 'email'],
  ])('are refused as %j, naming the field', async (body, field) => {
    const answer = await gateway.call('POST', '/api/admin/clients', { body });
    expect(answer.status).toBe(400);
    expect(answer.body['error']).toContain(field);
    expect(answer.body['errors']).toEqual([{ field, message: expect.any(String) }]);
  });

  it('get a new token, and the old one is dead at once', async () => {
    const { id, token } = await gateway.createClient('rotating');
    const valid = await gateway.call('GET', '/api/client/validate', { token });
    expect(valid.body).toMatchObject({ valid: true, client_id: id, name: 'rotating' });
    const { body } = await gateway.call('POST', `/api/admin/clients/${id}/regenerate-token`);
    expect(body['token']).toBe(body['new_token']);
    expect((await gateway.call('GET', '/api/client/validate', { token })).status).toBe(401);
    const fresh = await gateway.call('GET', '/api/client/validate', { token: String(body['token']) });
    expect(fresh.status).toBe(200);
    expect((await gateway.call('POST', '/api/admin/clients/none/regenerate-token')).status).toBe(404);
  });

  it('can be asked for their token by an administrator, which is recorded', async () => {
    const { body } = await gateway.call('GET', `/api/admin/clients/${acme.id}/token`);
    expect(body).toMatchObject({ token: acme.token, client_name: 'acme' });
    const activity = await gateway.call('GET', '/api/admin/activity');
    expect(JSON.stringify(activity.body)).toContain('admin looked at the token of acme');
    expect(activity.text).not.toContain(acme.token);
  });

  it('can be deleted: the token is dead and the name is free', async () => {
    const { id, token } = await gateway.createClient('leaving');
    expect((await gateway.call('DELETE', `/api/admin/clients/${id}`)).status).toBe(200);
    expect((await gateway.call('GET', '/api/client/validate', { token })).status).toBe(401);
    expect((await gateway.call('DELETE', `/api/admin/clients/${id}`)).status).toBe(404);
    expect((await gateway.createClient('leaving')).id).not.toBe(id);
  });
});

describe('bodies', () => {
  it.each([
    ['{"status":', 400, 'body'],
    ['"text"', 400, 'body'],
    ['[]', 400, 'body'],
    ['{"status":5}', 400, 'status'],
    ['{"epoch":"one"}', 400, 'epoch'],
    ['', 200, ''],
    ['{"__proto__":{"x":1},"status":"online"}', 200, ''],
  ])('%j is answered with %i', async (rawBody, status, field) => {
    const answer = await gateway.call('POST', '/api/agents/key-acme/heartbeat', {
      token: acme.token,
      rawBody,
    });
    expect(answer.status).toBe(status);
    if (status === 400) expect(answer.body['error']).toContain(field);
    expect(answer.text).not.toMatch(/\.js|\.ts|at /);
  });

  it('that are too long are refused', async () => {
    const rawBody = JSON.stringify({ status: 'x'.repeat(1_100_000) });
    const answer = await gateway.call('POST', '/api/agents/key-acme/heartbeat', {
      token: acme.token,
      rawBody,
    });
    expect(answer.status).toBe(413);
    expect(answer.body).toEqual({ ...PROBLEM, status: 413 });
  });

  it('that are nested too deep do no harm', async () => {
    const rawBody = `{"status":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
    const answer = await gateway.call('POST', '/api/agents/key-acme/heartbeat', {
      token: acme.token,
      rawBody,
    });
    expect(answer.status).toBe(400);
  });
});

describe('request ids', () => {
  it('get the same answer again, without a second effect', async () => {
    const { id } = await gateway.createClient('repeating');
    const headers = { 'x-request-id': 'delete-1' };
    const first = await gateway.call('DELETE', `/api/admin/clients/${id}`, { headers });
    const second = await gateway.call('DELETE', `/api/admin/clients/${id}`, { headers });
    expect(second).toMatchObject({ status: 200, body: first.body });
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    const elsewhere = await gateway.call('DELETE', `/api/admin/clients/${acme.id}`, { headers });
    expect(elsewhere.body).toMatchObject({ status: 409, code: 'request-id-conflict' });
  });

  it('keep no secret: a token is never stored with an answer', async () => {
    const headers = { 'x-request-id': 'create-1' };
    const first = await gateway.call('POST', '/api/admin/clients', { body: { name: 'secret' }, headers });
    const second = await gateway.call('POST', '/api/admin/clients', { body: { name: 'secret' }, headers });
    expect([first.status, second.status]).toEqual([201, 409]);
  });
});

describe('open reads on loopback', () => {
  let open: GatewayHarness;

  beforeAll(async () => {
    open = await GatewayHarness.start({ config: { openReadsOnLoopback: true } });
  });

  afterAll(async () => {
    await open.stop();
  });

  it.each([
    ['GET', '/api/admin/clients', {}, 200],
    ['GET', '/api/notifications', {}, 200],
    ['GET', '/api/admin/clients', { authorization: 'Bearer token-wrong' }, 401],
    ['GET', '/api/admin/clients', { 'x-forwarded-for': '10.0.0.1' }, 401],
    ['GET', '/api/client/validate', {}, 403],
    ['POST', '/api/admin/clients', {}, 401],
  ])('%s %s with %j is %i', async (method, path, headers, status) => {
    const answer = await open.call(method, path, {
      token: null,
      headers,
      ...(method === 'POST' ? { body: {} } : {}),
    });
    expect(answer.status).toBe(status);
  });

  it('does not fall for a web page that points its name at this machine', async () => {
    const url = new URL(open.url);
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const { hostname: host, port } = url;
      httpRequest(
        { host, port, path: '/api/admin/clients', headers: { host: 'evil.example' } },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      )
        .on('error', reject)
        .end();
    });
    expect(status).toBe(401);
  });

  it('shows no token without a token', async () => {
    const { id } = await open.createClient('shown');
    const answer = await open.call('GET', `/api/admin/clients/${id}/token`, { token: null });
    expect(answer.status).toBe(401);
  });
});
