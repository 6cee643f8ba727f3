import { createServer } from 'node:net';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, expect, test } from '@jest/globals';
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { isAppError } from '@spotopt/kernel';
import { startRegion } from './running-simulator.contract.js';

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url));
const run = promisify(execFile);
const blockers: ReturnType<typeof createServer>[] = [];

afterEach(() => {
  for (const blocker of blockers.splice(0)) blocker.close();
});

async function blockedPort(): Promise<number> {
  const blocker = createServer().listen(0, '127.0.0.1');
  blockers.push(blocker);
  await once(blocker, 'listening');
  const address = blocker.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

test.each(['awsPort', 'metadataPort'] as const)('a taken %s is named in the error', async (name) => {
  const port = await blockedPort();
  const error: unknown = await startRegion({ [name]: port }).catch((thrown: unknown) => thrown);
  expect(isAppError(error) && error.code).toBe('port-in-use');
  expect(isAppError(error) && error.details['port']).toBe(port);
  expect(isAppError(error) && error.message).toContain(String(port));
});

test('stopping closes the connections that clients keep open', async () => {
  const setup = await startRegion();
  await setup.ec2.send(new DescribeInstancesCommand({}));
  await setup.simulator.stop();
  await expect(setup.ec2.send(new DescribeInstancesCommand({}))).rejects.toThrow();
});

test('the same seed gives the same region', async () => {
  const play = async (): Promise<unknown> => {
    const setup = await startRegion({ bootTimes: { minMs: 30_000, maxMs: 60_000 } });
    const id = (await setup.launch()).InstanceId ?? '';
    setup.simulator.region.interrupt(id, { rebalanceFirst: true });
    await setup.clock.advance(300_000);
    const { region } = setup.simulator;
    return { timeline: region.timeline.after(0), state: region.state().instances };
  };
  expect(await play()).toEqual(await play());
});

test('the program serves AWS clients and ends on a signal', async () => {
  const flags = ['--port', '0', '--metadata-port', '0', '--speed', '3600', '--capacity', 'lively'];
  const child = spawn(process.execPath, [MAIN, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    let endpoint = '';
    for await (const text of createInterface({ input: child.stdout })) {
      endpoint = /^ready (.*)$/.exec(text)?.[1] ?? '';
      if (endpoint !== '') break;
    }
    const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
    const ec2 = new EC2Client({ endpoint, region: 'us-east-1', credentials });
    expect((await ec2.send(new DescribeInstancesCommand({}))).Reservations ?? []).toEqual([]);
    ec2.destroy();
    child.kill('SIGTERM');
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(code).toBe(0);
  } finally {
    child.kill('SIGKILL');
  }
});

test('the program explains itself, and what is wrong with its flags', async () => {
  const help = await run(process.execPath, [MAIN, '--help']);
  expect(help.stdout).toContain('--metadata-port');
  const wrong = run(process.execPath, [MAIN, '--speed', 'fast']);
  await expect(wrong).rejects.toMatchObject({ code: 64, stderr: expect.stringContaining('--speed') });
  const missing = run(process.execPath, [MAIN, '--prices', '/nowhere.csv']);
  await expect(missing).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('/nowhere.csv') });
});
