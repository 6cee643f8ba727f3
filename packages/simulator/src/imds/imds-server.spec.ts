import { expect, test } from '@jest/globals';
import { startRegion, type Setup } from '../running-simulator.contract.js';

interface Answer {
  readonly status: number;
  readonly body: string;
}

async function token(
  { simulator }: Setup,
  id: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const answer = await fetch(`${simulator.metadataBaseUrl}/${id}/latest/api/token`, {
    method: 'PUT',
    headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '60', ...headers },
  });
  return { status: answer.status, body: await answer.text() };
}

async function read({ simulator }: Setup, path: string, session?: string): Promise<Answer> {
  const headers: Record<string, string> =
    session === undefined ? {} : { 'x-aws-ec2-metadata-token': session };
  const answer = await fetch(`${simulator.metadataBaseUrl}/${path}`, { headers });
  return { status: answer.status, body: await answer.text() };
}

test('without a token, with a wrong one and after its time, reading is refused', async () => {
  const setup = await startRegion();
  const id = await setup.launchRunning();
  const path = `${id}/latest/meta-data/instance-id`;
  const session = (await token(setup, id)).body;
  expect(await read(setup, path)).toEqual({ status: 401, body: '' });
  expect((await read(setup, path, 'wrong')).status).toBe(401);
  expect(await read(setup, path, session)).toEqual({ status: 200, body: id });
  await setup.clock.advance(59_999);
  expect((await read(setup, path, session)).status).toBe(200);
  await setup.clock.advance(1);
  expect((await read(setup, path, session)).status).toBe(401);
});

test('a token is for its own instance, has a limited lifetime and is not given through a proxy', async () => {
  const setup = await startRegion();
  const [one, two] = [await setup.launchRunning(), await setup.launchRunning()];
  const session = (await token(setup, one)).body;
  expect((await read(setup, `${two}/latest/meta-data/instance-id`, session)).status).toBe(401);
  expect((await token(setup, one, { 'x-forwarded-for': '10.0.0.9' })).status).toBe(403);
  for (const ttl of ['0', '21601', 'long', '']) {
    expect((await token(setup, one, { 'x-aws-ec2-metadata-token-ttl-seconds': ttl })).status).toBe(400);
  }
  expect((await token(setup, one, { 'x-aws-ec2-metadata-token-ttl-seconds': '21600' })).status).toBe(200);
});

test('identity, place, tags, user data and credentials', async () => {
  const setup = await startRegion();
  const id = await setup.launchRunning({
    UserData: Buffer.from('#!/bin/sh\n').toString('base64'),
    IamInstanceProfile: { Name: 'agent' },
    TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'spotopt:client-id', Value: 'c 1' }] }],
  });
  const session = (await token(setup, id)).body;
  const at = async (path: string): Promise<string> =>
    (await read(setup, `${id}/latest/${path}`, session)).body;
  expect(await at('meta-data/instance-type')).toBe('t3.medium');
  expect(await at('meta-data/instance-life-cycle')).toBe('spot');
  expect(await at('meta-data/placement/availability-zone')).toBe('us-east-1a');
  expect(await at('meta-data/placement/region')).toBe('us-east-1');
  expect(await at('meta-data/ami-id')).toBe('ami-0123456789abcdef0');
  expect(await at('meta-data/local-ipv4')).toMatch(/^10\.0\./);
  expect(await at('meta-data/hostname')).toMatch(/^ip-10-0-.*ec2\.internal$/);
  expect(await at('meta-data/tags/instance')).toBe('spotopt:client-id');
  expect(await at('meta-data/tags/instance/spotopt:client-id')).toBe('c 1');
  expect(await at('meta-data/events/maintenance/scheduled')).toBe('[]');
  expect(await at('user-data')).toBe('#!/bin/sh\n');
  expect(await at('meta-data/iam/security-credentials/')).toBe('agent');
  expect(JSON.parse(await at('meta-data/iam/security-credentials/agent'))).toMatchObject({ Code: 'Success' });
  expect(JSON.parse(await at('dynamic/instance-identity/document'))).toMatchObject({
    instanceId: id,
    region: 'us-east-1',
    availabilityZone: 'us-east-1a',
    instanceType: 't3.medium',
  });
  expect((await at('meta-data')).split('\n')).toContain('placement/');
});

test('notices are 404 until they come, and carry the deadline', async () => {
  const setup = await startRegion();
  const id = await setup.launchRunning();
  const session = (await token(setup, id)).body;
  const at = (path: string): Promise<Answer> => read(setup, `${id}/latest/meta-data/${path}`, session);
  expect((await at('spot/instance-action')).status).toBe(404);
  expect((await at('spot/termination-time')).status).toBe(404);
  expect((await at('events/recommendations/rebalance')).status).toBe(404);
  setup.simulator.region.interrupt(id, { rebalanceFirst: true, rebalanceLeadMs: 10_000 });
  expect((await at('events/recommendations/rebalance')).body).toBe('{"noticeTime":"2026-03-01T12:00:40Z"}');
  expect((await at('spot/instance-action')).status).toBe(404);
  await setup.clock.advance(10_000);
  expect((await at('spot/instance-action')).body).toBe(
    '{"action":"terminate","time":"2026-03-01T12:02:50Z"}',
  );
  expect((await at('spot/termination-time')).body).toBe('2026-03-01T12:02:50Z');
  setup.simulator.region.scheduleMaintenance(id, { notBeforeMs: Date.parse('2026-03-15T09:00:43Z') });
  const [event] = JSON.parse((await at('events/maintenance/scheduled')).body) as unknown[];
  expect(event).toMatchObject({
    NotBefore: '15 Mar 2026 09:00:43 GMT',
    Code: 'system-reboot',
    State: 'active',
  });
});

test('the metadata answers only while the instance runs', async () => {
  const setup = await startRegion();
  const { InstanceId: id = '' } = await setup.launch();
  await expect(token(setup, id)).rejects.toThrow();
  await setup.clock.advance(40_000);
  const session = (await token(setup, id)).body;
  setup.simulator.region.crash(id);
  await expect(read(setup, `${id}/latest/meta-data/instance-id`, session)).rejects.toThrow();
});
