import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { HttpSpotAdvisor } from '@spotopt/cloud';
import { parseAdvisorFile } from './spot-advisor.js';

const file = (spotAdvisor: unknown): string =>
  JSON.stringify({
    global_rate: '<10%',
    instance_types: { 'm5.large': { emr: true, cores: 2, ram_gb: 8 } },
    ranges: [
      { index: 0, label: '<5%', dots: 0, max: 5 },
      { index: 4, label: '>20%', dots: 4, max: 100 },
    ],
    spot_advisor: spotAdvisor,
  });

describe('the file of the Spot Advisor', () => {
  it('has a range, which is an index and not a percentage, and a saving per region and type', () => {
    const linux = { 'm5.large': { s: 61, r: 4 }, 't3.medium': { s: 70, r: 0 } };
    expect(parseAdvisorFile(file({ 'eu-west-1': { Linux: linux, Windows: {} }, 'us-east-1': {} }))).toEqual([
      { region: 'eu-west-1', instanceType: 'm5.large', bucket: 4, label: '>20%', savingsPercent: 61 },
      { region: 'eu-west-1', instanceType: 't3.medium', bucket: 0, label: '<5%', savingsPercent: 70 },
    ]);
  });

  it('says nothing of a type whose entry cannot be read or whose range it does not explain', () => {
    const linux = { 'm5.large': { s: 61, r: 3 }, 'c5.large': { s: 'much' }, 't3.medium': { s: 70, r: 0 } };
    expect(parseAdvisorFile(file({ 'eu-west-1': { Linux: linux } }))).toMatchObject([
      { instanceType: 't3.medium', bucket: 0 },
    ]);
    expect(parseAdvisorFile(file({}))).toEqual([]);
  });

  it.each([
    ['<html>', 'no JSON'],
    ['{}', 'no ranges'],
    [file({ 'eu-west-1': { Linux: { 'm5.large': { s: '61' } } } }), 'another shape'],
  ])('is malformed as %s', (text) => {
    expect(() => parseAdvisorFile(text)).toThrow(
      expect.objectContaining({ code: 'advisor-malformed', kind: 'permanent' }),
    );
  });
});

describe('reading it', () => {
  const servers: Server[] = [];

  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  it('ends after its time-out when nobody answers', async () => {
    const server = createServer(() => undefined);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${String(port)}/spot-advisor-data.json`;
    await expect(new HttpSpotAdvisor({ url, timeoutMs: 50 }).advice()).rejects.toMatchObject({
      code: 'advisor-unavailable',
      kind: 'transient',
    });
  });
});
