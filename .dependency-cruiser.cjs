/** Which file may import which. Every rule has a planted breach in tools/boundaries.spec.mjs. */
const ADAPTER =
  '^services/.*\\.(store|consumer|controller|gateway|client|job|guard|interceptor|filter|wiring)\\.ts$';
const WIRING = '^services/[^/]+/src/([^/]+\\.module|main|config|subscriptions|index)\\.ts$';
const TEST = '(\\.(spec|contract)\\.ts$|^packages/testkit/|^(tests|benchmarks)/)';
/** Domain files and use cases: what a service knows, without how it is connected. */
const CORE = {
  path: '^services/[^/]+/src/[^/]+/[^/]+\\.ts$',
  pathNot: [ADAPTER, WIRING, TEST, '/migrations/', '^services/agent/'],
};
const SERVICE_PACKAGES = '^packages/(kernel|contracts|messaging|persistence|platform|cloud)/';

/** A workspace that may import only the given others. */
const only = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: from, pathNot: TEST },
  to: {
    path: '^(packages|services|standalone|dashboard|tests|benchmarks|cli)/',
    pathNot: [from, ...allowed],
  },
});

/** A library that only the given files may import. */
const vendor = (name, library, allowed) => ({
  name,
  severity: 'error',
  from: { path: '^(packages|services|standalone|cli)/', pathNot: [...allowed, TEST] },
  to: { path: `^node_modules/${library}` },
});

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'service-not-to-service',
      severity: 'error',
      from: { path: '^services/([^/]+)/' },
      to: { path: '^services/', pathNot: '^services/$1/' },
    },
    only('contracts-is-a-leaf', '^packages/contracts/', []),
    only('kernel-is-a-leaf', '^packages/kernel/', []),
    only('messaging-deps', '^packages/messaging/', ['^packages/(kernel|contracts)/']),
    only('persistence-deps', '^packages/persistence/', ['^packages/(kernel|contracts)/']),
    only('cloud-deps', '^packages/cloud/', ['^packages/kernel/']),
    only('platform-deps', '^packages/platform/', ['^packages/(kernel|contracts|messaging|persistence)/']),
    only('simulator-deps', '^packages/simulator/', ['^packages/kernel/']),
    only('service-deps', '^services/', ['^services/', SERVICE_PACKAGES]),
    only('cli-deps', '^cli/', [
      '^packages/(kernel|contracts|simulator)/',
      '^services/decision/src/(replay|backtest)/',
    ]),
    only('dashboard-only-contracts', '^dashboard/', ['^packages/contracts/']),
    {
      name: 'testkit-only-from-tests',
      severity: 'error',
      from: { pathNot: TEST },
      to: { path: '^packages/testkit/' },
    },
    {
      name: 'tests-not-from-sources',
      severity: 'error',
      from: { pathNot: TEST },
      to: { path: '(\\.(spec|contract)\\.ts$|^(tests|benchmarks)/)' },
    },
    { name: 'core-not-to-adapter', severity: 'error', from: CORE, to: { path: [ADAPTER, WIRING] } },
    {
      name: 'core-is-framework-free',
      severity: 'error',
      from: CORE,
      to: { path: '^node_modules/(typeorm|amqplib|ioredis|mysql2|fastify|prom-client|@aws-sdk|@nestjs)' },
    },
    {
      name: 'core-not-to-platform-packages',
      severity: 'error',
      from: CORE,
      to: { path: '^packages/(messaging|persistence|platform)/' },
    },
    {
      name: 'capability-private',
      severity: 'error',
      from: {
        path: '^services/([^/]+)/src/([^/]+)/[^/]+\\.(store|consumer|controller)\\.ts$',
        pathNot: TEST,
      },
      to: {
        path: '^services/$1/src/[^/]+/[^/]+\\.(store|consumer|controller)\\.ts$',
        pathNot: '^services/$1/src/$2/',
      },
    },
    vendor('aws-sdk-only-in-cloud', '@aws-sdk/', ['^packages/(cloud|simulator)/']),
    vendor('amqp-only-in-messaging', '(amqplib|smqp)/', ['^packages/messaging/']),
    vendor('typeorm-only-in-stores', 'typeorm/', [
      '^packages/persistence/',
      '\\.store\\.ts$',
      '/migrations/',
    ]),
    vendor('mysql-only-in-persistence', 'mysql2/', ['^packages/persistence/']),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.cruise.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['types', 'import', 'node', 'default'],
    },
  },
};
