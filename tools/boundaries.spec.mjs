import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ROOT, inRoot } from './bootstrap/paths.mjs';

const { forbidden } = createRequire(import.meta.url)(inRoot('.dependency-cruiser.cjs'));
const DEPCRUISE = inRoot('node_modules', 'dependency-cruiser', 'bin', 'dependency-cruiser.mjs');

const PACKAGES = [
  'kernel',
  'contracts',
  'messaging',
  'persistence',
  'platform',
  'cloud',
  'simulator',
  'testkit',
];
const LIBRARIES = ['typeorm', 'amqplib', 'fastify', 'mysql2', '@aws-sdk/client-ec2', '@nestjs/common'];

/** A small tree in which everything is where it belongs. */
const CLEAN = {
  ...Object.fromEntries(PACKAGES.map((name) => [`packages/${name}/src/index.ts`, 'export const x = 1;'])),
  'packages/messaging/src/bus.ts': "import '@spotopt/kernel'; import '@spotopt/contracts'; import 'amqplib';",
  'packages/persistence/src/db.ts': "import '@spotopt/kernel'; import 'typeorm'; import 'mysql2';",
  'packages/cloud/src/ec2.ts': "import '@spotopt/kernel'; import '@aws-sdk/client-ec2';",
  'packages/platform/src/run.ts':
    "import '@spotopt/messaging'; import '@spotopt/persistence'; import 'fastify';",
  'services/pricing/src/index.ts': "export { pool } from './pools/pool.js';",
  'services/pricing/src/pricing.module.ts': "import './pools/pool.store.js'; import '@nestjs/common';",
  'services/pricing/src/pools/pool.ts':
    "import '@spotopt/kernel'; import '@spotopt/cloud'; export const pool = 1;",
  'services/pricing/src/pools/pool.store.ts':
    "import './pool.js'; import 'typeorm'; import '@spotopt/persistence';",
  'services/pricing/src/pools/pool.consumer.ts': "import './pool.js'; import '@spotopt/messaging';",
  'services/pricing/src/pools/pool.spec.ts':
    "import './pool.store.js'; import '@spotopt/testkit'; import 'amqplib';",
  'services/pricing/src/history/history.store.ts': "import 'typeorm'; export const history = 1;",
  'services/replica/src/index.ts': 'export const replica = 1;',
  'standalone/src/main.ts': "import '@spotopt/pricing'; import '@spotopt/replica';",
  'cli/src/main.ts': "import '@spotopt/contracts'; import '@spotopt/kernel';",
  'dashboard/src/app.ts': "import '@spotopt/contracts';",
};

/** One file per rule, each with one import that the rule forbids. */
const BREACHES = {
  'no-circular': {
    'packages/kernel/src/one.ts': "import './two.js';",
    'packages/kernel/src/two.ts': "import './one.js';",
  },
  'no-unresolvable': { 'packages/kernel/src/lost.ts': "import './nowhere.js';" },
  'service-not-to-service': {
    'services/pricing/src/pools/neighbour.consumer.ts': "import '@spotopt/replica';",
  },
  'contracts-is-a-leaf': { 'packages/contracts/src/leaf.ts': "import '@spotopt/kernel';" },
  'kernel-is-a-leaf': { 'packages/kernel/src/leaf.ts': "import '@spotopt/contracts';" },
  'messaging-deps': { 'packages/messaging/src/deps.ts': "import '@spotopt/persistence';" },
  'persistence-deps': { 'packages/persistence/src/deps.ts': "import '@spotopt/messaging';" },
  'cloud-deps': { 'packages/cloud/src/deps.ts': "import '@spotopt/contracts';" },
  'platform-deps': { 'packages/platform/src/deps.ts': "import '@spotopt/cloud';" },
  'simulator-deps': { 'packages/simulator/src/deps.ts': "import '@spotopt/cloud';" },
  'service-deps': { 'services/pricing/src/pools/deps.job.ts': "import '@spotopt/simulator';" },
  'cli-deps': { 'cli/src/deps.ts': "import '@spotopt/replica';" },
  'dashboard-only-contracts': { 'dashboard/src/deps.ts': "import '@spotopt/kernel';" },
  'testkit-only-from-tests': { 'standalone/src/deps.ts': "import '@spotopt/testkit';" },
  'tests-not-from-sources': {
    'standalone/src/spec-user.ts': "import '../../services/pricing/src/pools/pool.spec.js';",
  },
  'core-not-to-adapter': { 'services/pricing/src/pools/to-adapter.ts': "import './pool.store.js';" },
  'core-is-framework-free': { 'services/pricing/src/pools/framework.ts': "import '@nestjs/common';" },
  'core-not-to-platform-packages': {
    'services/pricing/src/pools/platform.ts': "import '@spotopt/persistence';",
  },
  'capability-private': {
    'services/pricing/src/pools/private.consumer.ts': "import '../history/history.store.js';",
  },
  'aws-sdk-only-in-cloud': { 'services/pricing/src/pools/aws.client.ts': "import '@aws-sdk/client-ec2';" },
  'amqp-only-in-messaging': { 'services/pricing/src/pools/amqp.consumer.ts': "import 'amqplib';" },
  'typeorm-only-in-stores': { 'services/pricing/src/pools/orm.consumer.ts': "import 'typeorm';" },
  'mysql-only-in-persistence': { 'services/pricing/src/pools/mysql.job.ts': "import 'mysql2';" },
};

function plant(files) {
  const root = mkdtempSync(join(tmpdir(), 'boundaries-'));
  const write = (path, text) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  for (const name of ['tsconfig.cruise.json', 'tsconfig.base.json', '.dependency-cruiser.cjs']) {
    copyFileSync(join(ROOT, name), join(root, name));
  }
  for (const library of LIBRARIES) {
    write(
      `node_modules/${library}/package.json`,
      JSON.stringify({ name: library, version: '1.0.0', main: 'index.js' }),
    );
    write(`node_modules/${library}/index.js`, '');
  }
  write(
    'package.json',
    JSON.stringify({ dependencies: Object.fromEntries(LIBRARIES.map((name) => [name, '1'])) }),
  );
  for (const [path, text] of Object.entries(files)) write(path, text);
  return root;
}

/** Rules broken, by importing file. */
function violationsIn(root) {
  const folders = ['packages', 'services', 'standalone', 'cli', 'dashboard'];
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [DEPCRUISE, '--config', '.dependency-cruiser.cjs', '--output-type', 'json', ...folders],
    { cwd: root, encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' }, maxBuffer: 64 * 1024 * 1024 },
  );
  if (stdout === '') throw new Error(stderr);
  const byFile = {};
  for (const { from, rule } of JSON.parse(stdout).summary.violations) {
    byFile[from] = [...new Set([...(byFile[from] ?? []), rule.name])];
  }
  return byFile;
}

describe('module boundaries', () => {
  const roots = [];
  const violations = {};

  beforeAll(() => {
    const breaches = Object.assign({}, ...Object.values(BREACHES));
    roots.push(plant(CLEAN), plant({ ...CLEAN, ...breaches }));
    [violations.clean, violations.planted] = roots.map(violationsIn);
  });

  afterAll(() => {
    for (const root of roots) rmSync(root, { recursive: true, force: true });
  });

  test('a clean tree has no violation', () => {
    expect(violations.clean).toEqual({});
  });

  test('every rule has a planted breach', () => {
    expect(Object.keys(BREACHES).sort()).toEqual(forbidden.map(({ name }) => name).sort());
  });

  test.each(Object.entries(BREACHES))(
    '%s: the planted breach breaks this rule and no other',
    (rule, files) => {
      const [path] = Object.keys(files);
      expect(violations.planted[path]).toEqual([rule]);
    },
  );

  test('nothing but the planted files is reported', () => {
    const planted = Object.values(BREACHES).flatMap((files) => Object.keys(files));
    expect(planted).toEqual(expect.arrayContaining(Object.keys(violations.planted)));
  });
});
