import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { HttpGateway } from './http-gateway.js';
import type { Registration } from './gateway.js';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

const seen: Seen[] = [];
let answer = { status: 200, body: '{}' };
let gateway: HttpGateway;

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const text = Buffer.concat(chunks).toString('utf8');
    const { method = '', url = '' } = request;
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    seen.push({ method, url, authorization: request.headers.authorization, body });
    response.statusCode = answer.status;
    response.end(answer.body);
  });
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  gateway = new HttpGateway({
    serverUrl: `http://127.0.0.1:${String(port)}/`,
    clientToken: 'token-1',
    timeoutMs: 2_000,
  });
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

beforeEach(() => {
  seen.length = 0;
  answer = { status: 200, body: '{}' };
});

const REGISTRATION: Registration = {
  hostname: 'ip-10-0-0-1',
  ec2InstanceId: 'i-1234',
  instanceType: 't3.medium',
  region: 'us-east-1',
  az: 'us-east-1a',
  amiId: 'ami-1',
  agentVersion: '5.0.0',
  logicalAgentId: 'web',
  mode: 'spot',
  privateIp: null,
  publicIp: null,
  commandTypes: ['switch', 'promote'],
  epoch: 2,
};

describe('HttpGateway', () => {
  it('registers with the flat body of version 4 and what is new', async () => {
    answer.body = JSON.stringify({
      agent_id: 'key-1',
      client_id: 'c',
      role: 'REPLICA',
      epoch: 2,
      config: { enabled: false },
    });
    await expect(gateway.register(REGISTRATION)).resolves.toEqual({
      agentKey: 'key-1',
      clientId: 'c',
      enabled: false,
      role: 'REPLICA',
      epoch: 2,
    });
    expect(seen[0]).toMatchObject({
      method: 'POST',
      url: '/api/agents/register',
      authorization: 'Bearer token-1',
      body: {
        client_token: 'token-1',
        instance_id: 'i-1234',
        logical_agent_id: 'web',
        mode: 'spot',
        private_ip: 'unknown',
        public_ip: null,
        command_types: ['switch', 'promote'],
        epoch: 2,
      },
    });
  });

  it('understands a server that knows no roles, and numbers for booleans', async () => {
    answer.body = JSON.stringify({ agent_id: 'key-1', config: { enabled: 1, auto_switch_enabled: 0 } });
    await expect(gateway.register(REGISTRATION)).resolves.toMatchObject({
      enabled: true,
      role: null,
      epoch: null,
    });
    answer.body = JSON.stringify({ enabled: 0, role: 'zombie', epoch: 5, something_new: {} });
    await expect(gateway.config('key-1')).resolves.toEqual({ enabled: false, role: 'ZOMBIE', epoch: 5 });
  });

  it.each([
    ['[{"id":"c1"}]'],
    ['{"commands":[{"id":"c1"}]}'],
    ['{"pending_commands":[{"id":"c1"}]}'],
    ['{"data":[{"id":"c1"}]}'],
  ])('finds the commands in %s', async (body) => {
    answer.body = body;
    await expect(gateway.pendingCommands('key-1')).resolves.toEqual([{ id: 'c1' }]);
  });

  it('takes an empty body for an empty answer, and no commands for none', async () => {
    answer.body = '';
    await expect(gateway.pendingCommands('key-1')).resolves.toEqual([]);
    await expect(
      gateway.heartbeat('key-1', {
        status: 'offline',
        ec2InstanceId: null,
        instanceType: null,
        mode: null,
        az: null,
        epoch: 1,
        serving: false,
      }),
    ).resolves.toEqual({ hasPendingCommands: false });
    expect(seen[1]?.body).toEqual({ status: 'offline', monitored_instances: [], epoch: 1, serving: false });
    await expect(gateway.config('key-1')).rejects.toMatchObject({ code: 'gateway-unreadable' });
    await expect(gateway.register(REGISTRATION)).rejects.toMatchObject({ code: 'gateway-unreadable' });
  });

  it('ends nothing unless automatic termination is on, and only real instances', async () => {
    const instances = [
      { instance_id: 'i-1', reason: 'zombie_timeout' },
      { instance_id: 'manual-1' },
      null,
      {},
    ];
    answer.body = JSON.stringify({ instances, auto_terminate_enabled: false });
    await expect(gateway.instancesToTerminate('key-1')).resolves.toEqual([]);
    answer.body = JSON.stringify({ instances, auto_terminate_enabled: true });
    await expect(gateway.instancesToTerminate('key-1')).resolves.toEqual([
      { ec2InstanceId: 'i-1', reason: 'zombie_timeout' },
    ]);
  });

  it.each([
    [401, 'gateway-unauthorized', 'permanent'],
    [403, 'gateway-unauthorized', 'permanent'],
    [404, 'gateway-not-found', 'permanent'],
    [400, 'gateway-refused', 'permanent'],
    [429, 'gateway-unavailable', 'transient'],
    [500, 'gateway-unavailable', 'transient'],
    [503, 'gateway-unavailable', 'transient'],
  ])('takes HTTP %i as %s', async (status, code, kind) => {
    answer = { status, body: '{"error":"because"}' };
    await expect(gateway.config('key-1')).rejects.toMatchObject({
      code,
      kind,
      message: expect.stringContaining('because'),
    });
  });

  it('takes silence and nonsense for what they are', async () => {
    answer.body = '<html>';
    await expect(gateway.config('key-1')).rejects.toMatchObject({ code: 'gateway-unreadable' });
    const nowhere = new HttpGateway({ serverUrl: 'http://127.0.0.1:9', clientToken: 't' });
    await expect(nowhere.config('key-1')).rejects.toMatchObject({
      code: 'gateway-unavailable',
      kind: 'transient',
    });
  });

  it('reports prices as version 4 does', async () => {
    await gateway.reportPrices('key 1', {
      ec2InstanceId: 'i-1',
      instanceType: 't3.medium',
      region: 'us-east-1',
      az: 'us-east-1b',
      mode: 'spot',
      pools: [
        { az: 'us-east-1a', usdPerHour: 0.012 },
        { az: 'us-east-1b', usdPerHour: 0.013 },
      ],
      collectedAt: new Date('2026-01-01T00:00:00Z'),
    });
    expect(seen[0]).toMatchObject({
      url: '/api/agents/key%201/pricing-report',
      body: {
        instance: { instance_id: 'i-1', pool_id: 't3.medium.us-east-1b', mode: 'spot' },
        pricing: {
          on_demand_price: null,
          current_spot_price: 0.013,
          cheapest_pool: { pool_id: 't3.medium.us-east-1a', price: 0.012 },
          collected_at: '2026-01-01T00:00:00.000Z',
        },
      },
    });
  });

  it('reports signals where version 4 does', async () => {
    const at = new Date('2026-01-01T00:02:00Z');
    const detectedAt = new Date('2026-01-01T00:00:00Z');
    await gateway.reportInterruption('key-1', {
      signal: 'termination-notice',
      ec2InstanceId: 'i-1',
      detectedAt,
      noticeAt: at,
    });
    await gateway.reportInterruption('key-1', {
      signal: 'rebalance-recommendation',
      ec2InstanceId: 'i-1',
      detectedAt,
      noticeAt: at,
    });
    expect(seen.map((request) => request.url)).toEqual([
      '/api/agents/key-1/termination-imminent',
      '/api/agents/key-1/rebalance-recommendation',
    ]);
    expect(seen[0]?.body).toEqual({
      instance_id: 'i-1',
      detected_at: '2026-01-01T00:00:00.000Z',
      termination_time: '2026-01-01T00:02:00.000Z',
    });
  });
});
