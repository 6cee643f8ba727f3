import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { ROOT } from '../bootstrap/paths.mjs';

/** The parser loads schemas with `new Function`, which wants a process of its own. */
const VALIDATE = `
import { readFileSync } from 'node:fs';
import parser from '@asyncapi/parser';
const { document, diagnostics } = await new parser.Parser().parse(readFileSync('docs/generated/asyncapi.yaml', 'utf8'));
const errors = diagnostics.filter(({ severity }) => severity === 0).map(({ path, message }) => path.join('.') + ': ' + message);
console.log(JSON.stringify({ version: document?.version(), channels: document?.channels().length, errors }));
`;

test('the generated AsyncAPI document is valid', () => {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', VALIDATE], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  expect(stderr).toBe('');
  const { version, channels, errors } = JSON.parse(stdout);
  expect(errors).toEqual([]);
  expect(version).toBe('3.0.0');
  expect(channels).toBeGreaterThan(30);
}, 120_000);
