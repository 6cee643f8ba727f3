import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GatewayHarness } from './gateway-harness.contract.js';

describe('the dashboard', () => {
  const directory = mkdtempSync(join(tmpdir(), 'spotopt-dashboard-'));
  let gateway: GatewayHarness;

  beforeAll(async () => {
    mkdirSync(join(directory, 'assets'));
    writeFileSync(join(directory, 'index.html'), '<!doctype html><title>Spot Optimizer</title>');
    writeFileSync(join(directory, 'assets', 'app.js'), 'start()');
    gateway = await GatewayHarness.start({ config: { dashboardDir: directory } });
  });

  afterAll(async () => {
    await gateway.stop();
    rmSync(directory, { recursive: true });
  });

  it.each([
    ['/', 200, 'text/html'],
    ['/agents/some-agent', 200, 'text/html'],
    ['/assets/app.js', 200, 'text/javascript'],
    ['/assets/missing.js', 404, 'application/json'],
    ['/../../etc/passwd.txt', 404, 'application/json'],
    ['/health', 200, 'application/json'],
    ['/api/nowhere', 404, 'application/json'],
  ])('answers %s with %i and %s', async (path, status, type) => {
    const answer = await gateway.call('GET', path, { token: null });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain(type);
  });

  it('is not sent again when it did not change', async () => {
    const first = await gateway.call('GET', '/', { token: null });
    const etag = first.headers.get('etag') ?? '';
    const again = await gateway.call('GET', '/', { token: null, headers: { 'if-none-match': etag } });
    expect([again.status, again.text]).toEqual([304, '']);
    expect(first.headers.get('content-security-policy')).toContain("default-src 'self'");
  });

  it('leaves the root to the API where there is none', async () => {
    const alone = await GatewayHarness.start();
    expect((await alone.call('GET', '/', { token: null })).body).toMatchObject({ service: 'spot-optimizer' });
    await alone.stop();
  });
});
