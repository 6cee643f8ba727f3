/** Tests run on compiled output: `npm run build` first (the test command does). */
export default {
  testEnvironment: 'node',
  transform: {},
  testMatch: ['<rootDir>/**/dist/**/*.spec.js', '<rootDir>/tools/**/*.spec.mjs'],
  testPathIgnorePatterns: ['/node_modules/'],
  modulePathIgnorePatterns: ['<rootDir>/.cache/', '<rootDir>/data/'],
  testTimeout: 120_000,
  // Tests wait for servers about half of their time.
  maxWorkers: 2,
};
