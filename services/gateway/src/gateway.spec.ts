import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HeartbeatsV1, PricingReportedV1 } from '@spotopt/contracts';
import { waitFor } from '@spotopt/testkit';
import { GatewayHarness } from './gateway-harness.contract.js';

let gateway: GatewayHarness;
let client: { id: string; token: string };

beforeAll(async () => {
  gateway = await GatewayHarness.start();
  client = await gateway.createClient('acme');
});

afterAll(async () => {
  await gateway.stop();
});

describe('agent wire', () => {
  it('registers an agent with the flat body that version 4 reads', async () => {
    const { status, body } = await gateway.call('POST', '/api/agents/register', {
      token: client.token,
      body: {
        client_token: client.token,
        instance_id: 'i-0aaa1111',
        instance_type: null,
        region: 'us-east-1',
        az: null,
        logical_agent_id: '',
        public_ip: null,
        private_ip: 'unknown',
        something_new: { deep: true },
      },
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      agent_id: 'key-i-0aaa1111',
      logical_agent_id: 'i-0aaa1111',
      client_id: client.id,
      role: 'PRIMARY',
      command_queue: 'agent.key-i-0aaa1111.commands',
      config: { enabled: true, auto_switch_enabled: true, terminate_wait_seconds: 1800, replica_count: 0 },
    });
    expect(Object.values(body['config'] as object)).not.toContain(null);
  });

  it('takes heartbeats and sends them as one event', async () => {
    const { status, body } = await gateway.call('POST', '/api/agents/key-i-0aaa1111/heartbeat', {
      token: client.token,
      body: { status: 'online', instance_id: 'i-0aaa1111', mode: 'spot', az: null, monitored_instances: [] },
    });
    expect({ status, body }).toEqual({
      status: 200,
      body: { success: true, status: 'success', has_pending_commands: false },
    });
    await waitFor(() => gateway.dataOf(HeartbeatsV1).length > 0, { what: 'the batch of heartbeats' });
    expect(gateway.dataOf(HeartbeatsV1)[0]).toMatchObject({
      beats: [{ agentKey: 'key-i-0aaa1111', ec2InstanceId: 'i-0aaa1111', mode: 'spot', status: 'online' }],
    });
  });

  it.each([
    [[0.012, 0.013], { processed: true, data_quality_flag: 'normal', accepted: 2, rejected: 0 }],
    [[0.012, -1], { processed: true, data_quality_flag: 'normal', accepted: 1, rejected: 1 }],
    [[0, 'x'], { processed: false, data_quality_flag: 'rejected', accepted: 0, rejected: 2 }],
  ])('says what became of the reported prices %j', async (prices, expected) => {
    gateway.addAgent(client.id, 'key-quality');
    const pools = prices.map((price, index) => ({ id: `t3.medium.us-east-1${'ab'[index] ?? ''}`, price }));
    const path = '/api/agents/key-quality/pricing-report';
    const answer = await gateway.call('POST', path, { token: client.token, body: { pools } });
    expect(answer.body).toMatchObject(expected);
  });

  it('answers a pricing report only once the bus has it', async () => {
    const report = {
      instance: {
        instance_id: 'i-0aaa1111',
        region: 'us-east-1',
        mode: 'spot',
        pool_id: 't3.medium.us-east-1a',
      },
      pricing: { on_demand_price: 0.04, spot_pools: [{ pool_id: 't3.medium.us-east-1a', price: 0.012 }] },
    };
    const path = '/api/agents/key-i-0aaa1111/pricing-report';
    const published = gateway.dataOf(PricingReportedV1).length;
    const taken = await gateway.call('POST', path, { token: client.token, body: report });
    expect(taken.status).toBe(200);
    expect(gateway.dataOf(PricingReportedV1)).toHaveLength(published + 1);
    gateway.broker.stop();
    const down = await gateway.call('POST', path, { token: client.token, body: report });
    gateway.broker.start();
    expect(down.status).toBe(503);
    expect(down.headers.get('retry-after')).toBe('1');
    expect(down.body['error']).toEqual(expect.any(String));
  });
});
