import { describe, expect, it } from '@jest/globals';
import { manifestOf } from './manifest.js';
import { manifestSample } from './onnx-samples.contract.js';

describe('manifest of a model', () => {
  it('is read with its defaults', () => {
    const manifest = manifestOf(manifestSample({ golden: { input: [[1, 2, 3]], output: [0.5] } }));
    expect(manifest.golden.tolerance).toBe(0.0001);
  });

  it.each([
    ['nothing', null, 'needs a manifest'],
    ['no JSON', '{', 'not JSON'],
    ['a list', '[]', 'as a whole'],
    ['a name with spaces', manifestSample({ name: 'My Model' }), 'name'],
    ['no features', manifestSample({ features: [] }), 'features'],
    [
      'an unknown feature',
      manifestSample({ features: [{ name: 'luck', unit: '%' }] }),
      'there are price_ratio',
    ],
    [
      'a foreign unit',
      manifestSample({ features: [{ name: 'quiet_hours', unit: 'min' }] }),
      'measured in h, not in min',
    ],
    [
      'a feature of all objects',
      manifestSample({ features: [{ name: 'constructor', unit: '' }] }),
      'no feature constructor',
    ],
    [
      'a fixed number of rows',
      manifestSample({ input: { name: 'x', type: 'float32', shape: [1, 3] } }),
      'input.shape.0',
    ],
    [
      'the wrong width',
      manifestSample({ input: { name: 'x', type: 'float32', shape: [-1, 4] } }),
      'input.shape.1',
    ],
    [
      'another meaning',
      manifestSample({ output: { name: 'x', type: 'float32', shape: [-1], meaning: 'luck' } }),
      'output.meaning',
    ],
    [
      'golden rows of the wrong width',
      manifestSample({ golden: { input: [[1]], output: [0.5] } }),
      'golden.input.0',
    ],
    [
      'too few golden answers',
      manifestSample({ golden: { input: [[1, 2, 3]], output: [] } }),
      'golden.output',
    ],
    [
      'a golden answer above one',
      manifestSample({ golden: { input: [[1, 2, 3]], output: [2] } }),
      'golden.output.0',
    ],
    [
      'a tolerance that lets all through',
      manifestSample({ golden: { input: [[1, 2, 3]], output: [1], tolerance: 1 } }),
      'tolerance',
    ],
    ['an unknown field', manifestSample({ name: 'x', ...{ code: 'x' } }), 'code'],
  ])('is refused with %s', (_name, text, message) => {
    expect(() => manifestOf(text)).toThrow(message);
  });
});
