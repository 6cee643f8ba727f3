import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { NoFailpoints } from '@spotopt/kernel';
import { KillingFailpoints, failpointsFrom } from './failpoints.js';

function counting(spec: string, onceFile?: string): { failpoints: KillingFailpoints; kills: () => number } {
  let kills = 0;
  const failpoints = new KillingFailpoints({
    spec,
    onceFile,
    kill: () => {
      kills += 1;
    },
  });
  return { failpoints, kills: () => kills };
}

describe('KillingFailpoints', () => {
  test('kills at the named place only', () => {
    const { failpoints, kills } = counting('outbox.after-publish');
    failpoints.hit('outbox.before-publish');
    expect(kills()).toBe(0);
    failpoints.hit('outbox.after-publish');
    expect(kills()).toBe(1);
  });

  test('name:2 is the second hit', () => {
    const { failpoints, kills } = counting('step:2');
    failpoints.hit('step');
    expect(kills()).toBe(0);
    failpoints.hit('step');
    failpoints.hit('step');
    expect(kills()).toBe(1);
  });

  test.each(['', 'a b', 'x:0', 'x:-1', 'x:y'])('refuses the spec %p', (spec) => {
    expect(() => counting(spec)).toThrow('expected name or name:count');
  });

  test('without a spec nothing is ever hit', () => {
    expect(failpointsFrom(undefined, undefined)).toBeInstanceOf(NoFailpoints);
  });

  test('really kills the process, once over restarts', () => {
    const folder = mkdtempSync(join(tmpdir(), 'failpoint-'));
    const onceFile = join(folder, 'once');
    const program = `
      import { failpointsFrom } from ${JSON.stringify(join(import.meta.dirname, 'failpoints.js'))};
      failpointsFrom('here', ${JSON.stringify(onceFile)}).hit('here');
      console.log('survived');`;
    const run = (): { signal: NodeJS.Signals | null; stdout: string } =>
      spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
    try {
      expect(run()).toMatchObject({ signal: 'SIGKILL', stdout: '' });
      expect(existsSync(onceFile)).toBe(true);
      expect(run()).toMatchObject({ signal: null, stdout: 'survived\n' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
