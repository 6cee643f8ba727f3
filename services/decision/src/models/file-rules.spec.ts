import { describe, expect, it } from '@jest/globals';
import { rolesOf } from './file-rules.js';
import { refusalOf } from './refusal.js';

const MB = 1_048_576;
const file = (name: string, sizeBytes = 10) => ({ name, sizeBytes });

describe('the files of an upload', () => {
  it.each([
    ['model.onnx', 'onnx'],
    ['MODEL.ONNX', 'onnx'],
    ['engine.js', 'javascript'],
    ['engine.mjs', 'javascript'],
  ])('are an engine (%s) and its manifest, in any order', (name, kind) => {
    const [engine, manifest] = [file(name), file('manifest.json')];
    expect(rolesOf([manifest, engine])).toEqual({ kind, engine, manifest });
    expect(rolesOf([engine])).toEqual({ kind, engine, manifest: null });
  });

  it.each([
    ['no engine', [file('manifest.json')], 'needs one engine'],
    ['two engines', [file('a.onnx'), file('b.js')], 'one engine, not a.onnx and b.js'],
    ['two manifests', [file('a.js'), file('a.json'), file('b.json')], 'one manifest at most'],
    ['an empty file', [file('a.js', 0)], 'a.js is empty'],
    ['a manifest as long as a book', [file('a.js'), file('a.json', MB + 1)], 'longer than 1 MB'],
    ['too much', [file('a.onnx', 100 * MB), file('a.json')], 'at most 100 MB'],
  ])('are refused with %s', (_what, files, message) => {
    expect(() => rolesOf(files)).toThrow(message);
  });

  it.each(['a.pkl', 'a.PICKLE', 'a.joblib', 'a.h5', 'a.keras', 'a.pt', 'a.pth', 'a.pb', 'engine.py'])(
    'are not %s, with the way to ONNX',
    (name) => {
      expect(refusalOf(name)).toMatch(/onnx/i);
    },
  );

  it.each(['a.exe', 'onnx', 'a.onnx.zip', '', '.js/../a.so'])('are not %j either', (name) => {
    expect(refusalOf(name)).toContain('expected .onnx, .js');
  });

  it.each(['a.onnx', 'a.js', 'a.mjs', 'manifest.json'])('may be %s', (name) => {
    expect(refusalOf(name)).toBeNull();
  });
});
