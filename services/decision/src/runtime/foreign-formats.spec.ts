import { describe, expect, it } from '@jest/globals';
import { checkFormat, exportHelpFor } from './foreign-formats.js';

describe('files of other formats', () => {
  it.each([
    ['forest.pkl', 'convert_sklearn', 'joblib.load("forest.pkl")'],
    ['forest.joblib', 'convert_sklearn', 'joblib.load("forest.joblib")'],
    ['engine.py', 'Python code is never run here', 'export function decide'],
    ['net.h5', 'tf2onnx.convert --saved-model', 'load_model("net.h5")'],
    ['net.pt', 'torch.onnx.export', 'torch.load("net.pt"'],
    ['net.pth', 'torch.onnx.export', 'torch.load("net.pth"'],
    ['graph.pb', 'tf2onnx.convert --graphdef graph.pb', '--output model.onnx'],
  ])('%s is refused with the commands that export it', (name, ...parts) => {
    for (const part of parts) expect(exportHelpFor(name)).toContain(part);
  });

  it('shows no name that a shell would run', () => {
    expect(exportHelpFor('"; rm -rf ~; ".pkl')).not.toContain('rm -rf');
  });

  it.each(['model.onnx', 'engine.js', 'README', 'x.constructor'])(
    '%s has a name that says nothing against it',
    (name) => {
      expect(exportHelpFor(name)).toBeNull();
    },
  );

  it('knows a pickle by its first bytes, and takes no script for one', () => {
    expect(() => {
      checkFormat(Uint8Array.from([0x80, 4, 0x95]), 'onnx');
    }).toThrow('skl2onnx');
    checkFormat(Buffer.from('x^=1'), 'javascript');
  });
});
