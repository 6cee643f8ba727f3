import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { captureChild, runChild } from './child.mjs';

const node = (program) => ['--input-type=module', '-e', program];

/** Ends cleanly on its first signal and counts those that follow. */
const PATIENT = `
let signals = 0;
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {
  signals += 1;
  if (signals === 1) setTimeout(() => { console.log('ended after ' + signals + ' ' + signal); process.exit(0); }, 300);
});
setInterval(() => {}, 1000);
console.log('pid ' + process.pid);
`;

/** Runs PATIENT under runChild in a process of its own, as npm runs our scripts. */
function startParent() {
  const program = `
    import { runChild } from ${JSON.stringify(new URL('child.mjs', import.meta.url).href)};
    process.exit(await runChild(process.execPath, ${JSON.stringify(node(PATIENT))}));`;
  return spawn(process.execPath, node(program), { stdio: ['ignore', 'pipe', 'inherit'] });
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('runChild', () => {
  test('answers the exit code', async () => {
    expect(await runChild(process.execPath, node('process.exit(78)'))).toBe(78);
  });

  test('answers 128 + signal for a killed child', async () => {
    expect(await runChild(process.execPath, node("process.kill(process.pid, 'SIGKILL')"))).toBe(137);
  });

  test.each(['SIGTERM', 'SIGINT'])(
    '%s reaches the child once, which ends and leaves nothing',
    async (signal) => {
      const parent = startParent();
      let output = '';
      parent.stdout.on('data', (chunk) => (output += chunk));
      while (!output.includes('\n')) await once(parent.stdout, 'data');
      const pid = Number(/pid (\d+)/.exec(output)?.[1]);
      parent.kill(signal);
      parent.kill(signal);
      const [code] = await once(parent, 'close');
      expect(code).toBe(0);
      expect(output).toContain(`ended after 1 ${signal}`);
      expect(isRunning(pid)).toBe(false);
    },
  );
});

test('captureChild keeps what the child writes, to both streams', async () => {
  const result = await captureChild(
    process.execPath,
    node("console.log('out'); console.error('err'); process.exit(3)"),
  );
  expect(result.code).toBe(3);
  expect(result.output.split('\n').sort()).toEqual(['', 'err', 'out']);
});
