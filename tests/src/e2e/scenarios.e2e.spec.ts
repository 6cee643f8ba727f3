import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { afterEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';

const ENTRY = createRequire(import.meta.url).resolve('@spotopt/tests/scenario');

/** The machine-readable form that others rely on; stable from the first version on. */
const Result = z.strictObject({
  name: z.string(),
  mode: z.enum(['standalone', 'distributed']),
  verdict: z.enum(['pass', 'fail']),
  invariants: z.array(z.strictObject({ id: z.string(), holds: z.boolean(), detail: z.string() })).min(2),
  timeline: z.array(z.strictObject({ atMs: z.number(), event: z.string(), subject: z.string() })).min(1),
  figures: z.record(z.string(), z.number()),
});

interface Ended {
  readonly exitCode: number | null;
  readonly output: string;
  readonly errors: string;
}

const playing = new Set<ChildProcess>();

/** What did not end within the time of its test must not go on beside the next one. */
afterEach(() => {
  for (const child of playing) child.kill('SIGTERM');
});

function scenario(...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [ENTRY, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    playing.add(child);
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    child.once('error', reject);
    // Not its exit: by then not all that it wrote has been read.
    child.once('close', (exitCode) => {
      playing.delete(child);
      resolve({ exitCode, output, errors });
    });
  });
}

function resultIn(output: string): z.infer<typeof Result> | null {
  try {
    return Result.parse(JSON.parse(output));
  } catch {
    return null;
  }
}

async function play(...args: readonly string[]): Promise<z.infer<typeof Result>> {
  const { exitCode, output, errors } = await scenario(...args, '--json');
  const result = resultIn(output);
  if (result === null) throw new Error(`ended with ${String(exitCode)} and no result:\n${output}\n${errors}`);
  const broken = result.invariants.filter(({ holds }) => !holds);
  expect({ broken, errors: broken.length === 0 ? '' : errors }).toEqual({ broken: [], errors: '' });
  expect({ verdict: result.verdict, exitCode }).toEqual({ verdict: 'pass', exitCode: 0 });
  return result;
}

/** Four times what the longest takes on two quiet processors. */
const PLAYED_WITHIN_MS = 480_000;
const FAILOVER = { incidents: 1, promotions: 1, mostPrimariesAtACommit: 1 };

describe('npm run scenario, in one process', () => {
  it(
    'normal-optimization',
    async () => {
      const { figures } = await play('normal-optimization');
      expect(figures['savingsUsdPerHour']).toBeGreaterThan(0);
    },
    PLAYED_WITHIN_MS,
  );

  it(
    'termination-with-replica',
    async () => {
      const { figures } = await play('termination-with-replica');
      expect(figures).toMatchObject(FAILOVER);
      expect(figures['downtimeSeconds']).toBeLessThanOrEqual(10);
    },
    PLAYED_WITHIN_MS,
  );

  it(
    'data-gap',
    async () => {
      await play('data-gap');
    },
    PLAYED_WITHIN_MS,
  );

  it(
    'model-rollout',
    async () => {
      await play('model-rollout');
    },
    PLAYED_WITHIN_MS,
  );

  it('explains an unknown story', async () => {
    const { exitCode, errors } = await scenario('no-such-story');
    expect(exitCode).not.toBe(0);
    expect(errors).toContain('termination-with-replica');
    expect(errors).not.toMatch(/^ {4}at /m);
  });
});

describe('npm run scenario, every service a process on real servers', () => {
  it(
    'termination-with-replica',
    async () => {
      const { figures, mode } = await play('termination-with-replica', '--distributed');
      expect(mode).toBe('distributed');
      expect(figures).toMatchObject(FAILOVER);
      expect(figures['downtimeSeconds']).toBeLessThanOrEqual(10);
    },
    PLAYED_WITHIN_MS,
  );

  it(
    'normal-optimization',
    async () => {
      const { figures } = await play('normal-optimization', '--distributed');
      expect(figures['savingsUsdPerHour']).toBeGreaterThan(0);
    },
    PLAYED_WITHIN_MS,
  );

  it(
    'model-rollout',
    async () => {
      await play('model-rollout', '--distributed');
    },
    PLAYED_WITHIN_MS,
  );

  it(
    'termination-with-replica, the promoting service killed between commit and publish',
    async () => {
      const { figures } = await play('termination-with-replica', '--distributed', '--kill-promotion');
      expect(figures).toMatchObject(FAILOVER);
      expect(figures['downtimeSeconds']).toBeLessThanOrEqual(10);
    },
    PLAYED_WITHIN_MS,
  );
});
