import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { installProblem } from './install.mjs';

const LOCK = {
  '': { name: 'root' },
  'packages/kernel': { name: '@x/kernel' },
  'node_modules/@x/kernel': { resolved: 'packages/kernel', link: true },
  'node_modules/ulid': { version: '3.0.2' },
  'node_modules/fsevents': { version: '2.3.3', optional: true },
};

let folder;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'install-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

function problem(installed) {
  const [lock, hidden] = ['lock.json', 'installed.json'].map((name) => join(folder, name));
  writeFileSync(lock, JSON.stringify({ packages: LOCK }));
  rmSync(hidden, { force: true });
  if (installed !== undefined) writeFileSync(hidden, JSON.stringify({ packages: installed }));
  return installProblem(lock, hidden);
}

test('nothing installed', () => {
  expect(problem(undefined)).toBe('dependencies are not installed');
});

test('all installed; what is for another platform does not count', () => {
  expect(problem({ 'node_modules/ulid': { version: '3.0.2' } })).toBeNull();
});

test('another version installed', () => {
  expect(problem({ 'node_modules/ulid': { version: '2.0.0' } })).toBe(
    'node_modules/ulid is 2.0.0, not 3.0.2',
  );
});

test('a package missing', () => {
  expect(problem({})).toBe('node_modules/ulid is not installed');
});
