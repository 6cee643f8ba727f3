import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const TESTS = ['**/*.spec.ts', '**/*.contract.ts', '**/*.fake.ts', 'packages/testkit/**', 'tests/**'];
const MAINS = ['**/main.ts', 'packages/platform/src/run-service-main.ts', 'packages/testkit/src/servers/**'];

const restrict = (selector, message) => ({ selector, message });

/** Holds everywhere. */
const SYNTAX = [
  restrict('ExportAllDeclaration', 'Name what a package exports.'),
  restrict("CallExpression[callee.name='forwardRef']", 'A cycle of providers: split the class instead.'),
  restrict("Decorator[expression.callee.name='Global']", 'Pass what a module needs in its context.'),
  restrict(
    'TSAsExpression > TSAsExpression > TSUnknownKeyword',
    'A double cast hides that the types do not fit: parse or narrow the value.',
  ),
  restrict(
    ":matches(FunctionDeclaration, ArrowFunctionExpression, MethodDefinition[kind!='constructor'] > FunctionExpression)[params.length>4]",
    'More than 4 parameters: take an options object.',
  ),
  restrict(
    "MethodDefinition[kind='constructor'] > FunctionExpression[params.length>7]",
    'More than 7 collaborators: this is two classes.',
  ),
];

const CHANCE = restrict(
  "CallExpression[callee.object.name='Math'][callee.property.name='random']",
  'Take `random` from the context, so that a test can choose it.',
);
const WALL_CLOCK = restrict(
  "CallExpression[callee.object.name='Date'][callee.property.name='now']",
  'Ask the injected Clock.',
);
const TIMER = restrict(
  'CallExpression[callee.name=/^set(Timeout|Interval)$/]',
  'Wait with the injected Clock, or in a test with waitFor.',
);
const MOCK = restrict(
  "CallExpression[callee.object.name='jest'][callee.property.name=/^(mock|doMock|unstable_mockModule)$/]",
  'Run the real thing, or fake it behind its port.',
);

const ENVIRONMENT = {
  object: 'process',
  property: 'env',
  message: 'Read settings with loadConfig of @spotopt/platform.',
};
const EXIT = { object: 'process', property: 'exit', message: 'Only a main decides that the process ends.' };

const syntax = (...more) => ({ 'no-restricted-syntax': ['error', ...SYNTAX, ...more] });

export default defineConfig(
  globalIgnores(['**/dist/', '**/node_modules/', 'data/', '.cache/', 'coverage/', 'dashboard/', 'docs/']),
  { linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { project: './tsconfig.cruise.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // A port says Promise; not every implementation of it has something to wait for.
      '@typescript-eslint/require-await': 'off',
      complexity: ['error', 11],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'max-lines': ['error', { max: 350, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 80, skipBlankLines: true, skipComments: true }],
      'no-console': 'error',
      'no-empty': 'error',
      'no-restricted-properties': ['error', ENVIRONMENT, EXIT],
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx', 'hack'], location: 'start' }],
      ...syntax(CHANCE, MOCK),
    },
  },
  {
    files: ['services/*/src/**/*.ts'],
    ignores: ['**/*.client.ts', 'services/agent/**', ...TESTS],
    rules: syntax(CHANCE, MOCK, WALL_CLOCK, TIMER),
  },
  {
    files: TESTS,
    rules: {
      'max-lines': ['error', { max: 700, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': 'off',
      '@typescript-eslint/explicit-module-boundary-types': 'off',
      '@typescript-eslint/unbound-method': 'off',
      'no-restricted-properties': ['error', EXIT],
      ...syntax(MOCK),
    },
  },
  { files: ['**/*.spec.ts'], rules: syntax(MOCK, TIMER) },
  { files: ['packages/platform/src/**/*.ts'], rules: { 'no-restricted-properties': ['error', EXIT] } },
  { files: MAINS, rules: { 'no-restricted-properties': 'off', 'no-console': 'off' } },
  {
    files: ['**/*.mjs', '**/*.cjs'],
    languageOptions: { sourceType: 'module', globals: {} },
    rules: {
      complexity: ['error', 11],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'max-lines': ['error', { max: 350, skipBlankLines: true, skipComments: true }],
      'no-empty': 'error',
      'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx', 'hack'], location: 'start' }],
    },
  },
);
