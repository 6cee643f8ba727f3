import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

/** A program as others start it; `unread` closes its output at once. */
async function exitOf(main: string, args: readonly string[], unread = false) {
  const path = fileURLToPath(new URL(main, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] },
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  if (unread) child.stdout.destroy();
  else child.stdout.resume();
  const [code] = (await once(child, 'close')) as [number];
  return { code, stderr };
}

describe('a command line', () => {
  it.each([
    ['main.js', []],
    ['main.js', ['bogus']],
    ['main.js', ['backtest', '--bogus']],
    ['main.js', ['backtest', '--days', '0']],
    ['engine/main.js', ['--bogus']],
    ['engine/main.js', ['--engine', 'nobody']],
  ])('that makes no sense ends %s %j with 64 and without a stack', async (main, args) => {
    const { code, stderr } = await exitOf(main, args);
    expect(code).toBe(64);
    expect(stderr).not.toBe('');
    expect(stderr).not.toContain('    at ');
  });

  it.each([
    ['main.js', ['--help']],
    ['main.js', ['backtest', '--help']],
    ['engine/main.js', ['--help']],
  ])('that asks for help is no mistake: %s %j', async (main, args) => {
    expect(await exitOf(main, args)).toEqual({ code: 0, stderr: '' });
  });

  it.each(['main.js', 'engine/main.js'])('ends %s quietly when nobody reads on', async (main) => {
    const { code, stderr } = await exitOf(main, ['--help'], true);
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });
});
