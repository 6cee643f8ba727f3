import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Ec2Connection, Ec2Instances, ImdsMetadata } from '@spotopt/cloud';
import type { Simulator } from '@spotopt/simulator';
import { waitFor } from '@spotopt/testkit';
import { settingsFor, startSimulatedAws } from '../testing/simulated-aws.contract.js';

describe('ImdsMetadata against the simulated region', () => {
  let simulator: Simulator;
  let connection: Ec2Connection;
  let metadata: ImdsMetadata;
  let ec2InstanceId: string;

  beforeAll(async () => {
    simulator = await startSimulatedAws();
    connection = new Ec2Connection(settingsFor(simulator));
    ({ ec2InstanceId } = await new Ec2Instances(connection).launch({
      clientToken: 'metadata',
      instanceType: 't3.medium',
      az: 'us-east-1a',
      market: 'spot',
      imageId: 'ami-0123456789abcdef0',
      tags: { 'spotopt:logical-agent-id': 'web' },
      userData: 'start the agent',
    }));
    await waitFor(() => simulator.region.state().instances.some((one) => one.state === 'running'), {
      what: 'a running instance',
    });
    metadata = new ImdsMetadata({ baseUrl: `${simulator.metadataBaseUrl}/${ec2InstanceId}/latest` });
  });

  afterAll(async () => {
    await connection.close();
    await simulator.stop();
  });

  it('tells who the instance is', async () => {
    await expect(metadata.identity()).resolves.toMatchObject({
      ec2InstanceId,
      instanceType: 't3.medium',
      region: 'us-east-1',
      az: 'us-east-1a',
      imageId: 'ami-0123456789abcdef0',
      market: 'spot',
    });
    await expect(metadata.tag('spotopt:logical-agent-id')).resolves.toBe('web');
    await expect(metadata.tag('other')).resolves.toBeNull();
  });

  it('tells of signals only when there are some', async () => {
    await expect(metadata.spotInstanceAction()).resolves.toBeNull();
    await expect(metadata.rebalanceRecommendation()).resolves.toBeNull();
    await expect(metadata.scheduledMaintenance()).resolves.toEqual([]);
    simulator.region.scheduleMaintenance(ec2InstanceId);
    simulator.region.interrupt(ec2InstanceId, { rebalanceFirst: true, rebalanceLeadMs: 0 });
    const action = await metadata.spotInstanceAction();
    expect(action?.action).toBe('terminate');
    expect(action?.at.getTime()).toBeGreaterThan(Date.now() + 100_000);
    expect((await metadata.rebalanceRecommendation())?.noticedAt).toBeInstanceOf(Date);
    expect((await metadata.scheduledMaintenance())[0]).toMatchObject({ state: 'active' });
  });
});

describe('ImdsMetadata against a metadata service with faults', () => {
  interface Script {
    tokens: string[];
    sent: (string | string[] | undefined)[];
    status: number;
    body: string;
  }
  const script: Script = { tokens: [], sent: [], status: 200, body: '' };
  let valid = 'token-1';
  const server = createServer((request, response) => {
    if (request.method === 'PUT') {
      script.tokens.push(valid);
      response.end(valid);
      return;
    }
    script.sent.push(request.headers['x-aws-ec2-metadata-token']);
    const refused = request.headers['x-aws-ec2-metadata-token'] !== valid;
    response.statusCode = refused ? 401 : script.status;
    response.end(script.body);
  });
  let metadata: ImdsMetadata;

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    metadata = new ImdsMetadata({ baseUrl: `http://127.0.0.1:${String(port)}/latest/`, timeoutMs: 1_000 });
  });

  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
  });

  it('asks for one token, and for another one when it is refused, in place of the old', async () => {
    script.status = 404;
    await metadata.tag('a');
    await metadata.tag('b');
    expect(script.tokens).toEqual(['token-1']);
    valid = 'token-2';
    await expect(metadata.tag('c')).resolves.toBeNull();
    expect(script.tokens).toEqual(['token-1', 'token-2']);
    expect(script.sent).toEqual(['token-1', 'token-1', 'token-1', 'token-2']);
  });

  it.each([
    [500, 'oops'],
    [403, ''],
    [200, 'not JSON'],
    [200, '{"action":"terminate"}'],
    [200, '{"action":"terminate","time":"soon"}'],
  ])('calls HTTP %i with %s a fault, not the absence of a notice', async (status, body) => {
    script.status = status;
    script.body = body;
    await expect(metadata.spotInstanceAction()).rejects.toMatchObject({
      code: 'metadata-unavailable',
      kind: 'transient',
    });
  });

  it('reads a notice', async () => {
    script.status = 200;
    script.body = '{"action":"terminate","time":"2017-09-18T08:22:00Z"}';
    await expect(metadata.spotInstanceAction()).resolves.toEqual({
      action: 'terminate',
      at: new Date('2017-09-18T08:22:00Z'),
    });
  });
});
