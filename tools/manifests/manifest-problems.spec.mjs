import { expect, test } from '@jest/globals';
import { manifestProblems } from './manifest-problems.mjs';

function given() {
  const root = { name: 'root', devDependencies: { jest: '30.5.2' } };
  const kernel = { name: '@x/kernel', dependencies: { ulid: '3.0.2' } };
  const app = { name: '@x/app', dependencies: { '@x/kernel': '0.1.0', ulid: '3.0.2' } };
  const manifests = new Map([
    ['', root],
    ['packages/kernel', kernel],
    ['app', app],
  ]);
  const packages = {
    ...Object.fromEntries(structuredClone([...manifests])),
    'node_modules/ulid': { version: '3.0.2' },
  };
  return { manifests, lock: { packages }, explained: new Set(['jest', 'ulid']) };
}

test('manifests that agree with lock file and page have no problem', () => {
  expect(manifestProblems(given())).toEqual([]);
});

const BREAKING = [
  [
    'a dependency that the lock file does not have',
    (all) => void (all.manifests.get('app').dependencies.zod = '4.6.7'),
    'other dependencies for app',
  ],
  [
    'a workspace that the lock file does not know',
    (all) => void delete all.lock.packages.app,
    'does not know the workspace app',
  ],
  [
    'a range instead of a version',
    (all) => void (all.manifests.get('').devDependencies.jest = '^30.5.2'),
    'wants jest ^30.5.2',
  ],
  [
    'an address of a registry',
    (all) => void (all.lock.packages['node_modules/ulid'].resolved = 'https://r.example/ulid.tgz'),
    'names a registry',
  ],
  ['a dependency without a reason', (all) => void all.explained.delete('ulid'), 'does not explain ulid'],
  ['a reason without a dependency', (all) => void all.explained.add('left-pad'), 'explains left-pad'],
];

test.each(BREAKING)('%s is a problem', (_what, change, text) => {
  const all = given();
  change(all);
  expect(manifestProblems(all).join('\n')).toContain(text);
});
