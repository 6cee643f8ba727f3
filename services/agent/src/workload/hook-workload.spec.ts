import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HookWorkload } from './hook-workload.js';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'agent-hooks-'));
});

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

function workload(
  hooks: { start?: string; stop?: string; warmUp?: string },
  timeoutMs = 5_000,
): HookWorkload {
  return new HookWorkload({ ...hooks, timeoutMs, warmUpTimeoutMs: timeoutMs });
}

describe('HookWorkload', () => {
  it('runs the scripts with the epoch', async () => {
    const log = join(directory, 'log');
    const hooks = workload({
      start: `echo "start $SPOTOPT_EPOCH" >> ${log}`,
      stop: `echo "stop" >> ${log}`,
      warmUp: `echo "warm" >> ${log}`,
    });
    const progress: number[] = [];
    await hooks.warmUp((percent) => progress.push(percent));
    await hooks.start(5);
    expect(hooks.isServing()).toBe(true);
    await hooks.stop();
    expect(hooks.isServing()).toBe(false);
    await expect(readFile(log, 'utf8')).resolves.toBe('warm\nstart 5\nstop\n');
    expect(progress).toEqual([0, 100]);
  });

  it('says what a failing script wrote', async () => {
    const hooks = workload({ start: 'echo "disk is full" >&2; exit 3' });
    await expect(hooks.start(1)).rejects.toMatchObject({
      code: 'workload-failed',
      message: 'hook start ended with 3: disk is full',
    });
    expect(hooks.isServing()).toBe(false);
  });

  it('ends a script that takes too long, with its children', async () => {
    const hooks = workload({ stop: '(sleep 30; true) & wait' }, 200);
    await expect(hooks.stop()).rejects.toMatchObject({ message: expect.stringContaining('within 200 ms') });
  });

  it('needs no scripts', async () => {
    const hooks = workload({});
    await hooks.start(1);
    expect(hooks.isServing()).toBe(true);
  });
});
