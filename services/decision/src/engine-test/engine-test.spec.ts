import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { describeReport, parseArguments, testEngine } from './engine-test.js';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', '..');
const TIMEOUT_MS = 15_000;

const onFile = (file: string) => ({ file, manifest: null, observation: null, timeoutMs: TIMEOUT_MS });
const unexpected = (): void => {
  throw new Error('no incident was expected');
};

describe('engine test', () => {
  it.each(['cheapest-safe', 'on-demand-at-night', 'expected-cost'])(
    'accepts the example %s',
    async (name) => {
      const report = await testEngine(onFile(join(ROOT, 'examples', 'engines', `${name}.js`)), unexpected);
      expect(report.inspection).toMatchObject({ name, version: '1.0.0' });
      expect(report.proposal).toMatchObject({ engine: name, action: 'switch_to_spot' });
      const text = describeReport(report);
      expect(text).toContain('accepted');
      for (const { poolId } of report.proposal.candidates) expect(text).toContain(poolId);
    },
  );

  it('refuses a pickle with what to do instead', async () => {
    await expect(testEngine(onFile('/nowhere/forest.pkl'), unexpected)).rejects.toThrow('convert_sklearn');
  });

  it.each([
    [['model.onnx'], { manifest: 'model.json', timeoutMs: 1_000 }],
    [['model.onnx', '--manifest', 'm.json'], { manifest: 'm.json' }],
    [
      ['engine.js', '--observation', 'o.json', '--timeout', '250'],
      { observation: 'o.json', manifest: null, timeoutMs: 250 },
    ],
  ])('reads %j', (args, expected) => {
    expect(parseArguments(args)).toMatchObject(expected);
  });

  it.each([[[]], [['a.js', 'b.js']], [['a.js', '--timeout', 'soon']], [['a.js', '--port', '1']]])(
    'does not take %j',
    (args) => {
      expect(parseArguments(args)).toBeNull();
    },
  );
});
