import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { waitFor } from '@spotopt/testkit';

/** A service that guards one stopped process and one that ended, and says their numbers. */
const SERVICE = `
  import { spawn } from 'node:child_process';
  const { OrphanGuard } = await import(process.argv[1]);
  const guard = new OrphanGuard();
  const [stopped, other] = [0, 1].map(() => spawn('sleep', ['60'], { stdio: 'ignore' }));
  for (const { pid } of [stopped, other]) guard.add(pid);
  guard.remove(other.pid);
  stopped.kill('SIGSTOP');
  console.log(JSON.stringify([stopped.pid, other.pid, guard.pid]));
`;

describe('processes of a service that is killed', () => {
  it('end with it, also those that are stopped', async () => {
    const guard = new URL('./orphan-guard.js', import.meta.url).href;
    const service = spawn(process.execPath, ['--input-type=module', '-e', SERVICE, guard], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const line = await new Promise<string>((resolve) => {
      service.stdout.once('data', (chunk: Buffer) => {
        resolve(chunk.toString());
      });
    });
    const [stopped = 0, other = 0, shell = 0] = JSON.parse(line) as number[];
    expect([stopped, other, shell].map(isRunning)).toEqual([true, true, true]);
    service.kill('SIGKILL');
    await waitFor(() => !isRunning(stopped) && !isRunning(shell), { what: 'the stopped process to end' });
    expect(isRunning(other)).toBe(true);
    process.kill(other, 'SIGKILL');
  });
});

/** Not one that ended and that nobody collected yet. */
function isRunning(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${String(pid)}/stat`, 'latin1'));
  } catch {
    return false;
  }
}
