import { MAX_MODEL_BYTES } from '@spotopt/contracts';
import { EngineFailed } from './engine-failure.js';
import { MAX_SCRIPT_BYTES } from './engine-limits.js';

const SKLEARN = `pip install skl2onnx
python - <<'PY'
import joblib
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
model = joblib.load("FILE")  # for a plain pickle: pickle.load(open("FILE", "rb"))
onnx = convert_sklearn(model, initial_types=[("features", FloatTensorType([None, model.n_features_in_]))],
    final_types=[("loss", FloatTensorType([None, 1]))], target_opset=17)
open("model.onnx", "wb").write(onnx.SerializeToString())
PY
A regressor that answers the chance of a loss per hour fits as it is; of a classifier export the column of the loss alone.`;

const TORCH = `pip install torch onnx
python - <<'PY'
import torch
model = torch.load("FILE", weights_only=False).eval()  # after: build the class and load_state_dict, if it is a state dict
features = 8  # as many as the manifest lists
torch.onnx.export(model, torch.zeros(1, features), "model.onnx", input_names=["features"], output_names=["loss"],
    dynamic_axes={"features": {0: "pools"}, "loss": {0: "pools"}}, opset_version=17, dynamo=False)
PY`;

const KERAS = `pip install tensorflow tf2onnx
python - <<'PY'
import tensorflow as tf
tf.keras.models.load_model("FILE").export("saved_model")
PY
python -m tf2onnx.convert --saved-model saved_model --opset 17 --output model.onnx`;

const FROZEN_GRAPH = `pip install tensorflow tf2onnx
python -m tf2onnx.convert --graphdef FILE --inputs features:0 --outputs loss:0 --opset 17 --output model.onnx
(for a folder with saved_model.pb: python -m tf2onnx.convert --saved-model FOLDER --opset 17 --output model.onnx)`;

const PYTHON = `Python code is never run here. Export what it trains as ONNX, for scikit-learn:
${SKLEARN}
or write the rule as a JavaScript engine: a file with \`export function decide(observation) { … }\`, see docs/engines.md.`;

const HOW_TO: Readonly<Record<string, readonly [what: string, commands: string]>> = {
  pkl: ['a Python pickle, which runs code when it is read', SKLEARN],
  pickle: ['a Python pickle, which runs code when it is read', SKLEARN],
  joblib: ['a Python pickle, which runs code when it is read', SKLEARN],
  py: ['a Python program', PYTHON],
  h5: ['a Keras file', KERAS],
  hdf5: ['a Keras file', KERAS],
  keras: ['a Keras file', KERAS],
  pt: ['a PyTorch file, which is a pickle inside', TORCH],
  pth: ['a PyTorch file, which is a pickle inside', TORCH],
  pb: ['a TensorFlow graph', FROZEN_GRAPH],
};

/** What to do instead of uploading this file; null when its name says nothing against it. */
export function exportHelpFor(fileName: string): string | null {
  const ending = /\.([a-z0-9]+)$/i.exec(fileName)?.[1]?.toLowerCase() ?? '';
  const known = Object.hasOwn(HOW_TO, ending) ? HOW_TO[ending] : undefined;
  if (known === undefined) return null;
  // The name comes from a stranger and is shown within commands that somebody may copy.
  const safeName = /^[\w.-]{1,100}$/.test(fileName) ? fileName : `model.${ending}`;
  const [what, commands] = known;
  return `${safeName} is ${what}. Models are taken as ONNX. To export it:\n\n${commands.replaceAll('FILE', safeName)}`;
}

/** First bytes of formats that get renamed to .onnx; the ending whose help fits. */
const MAGIC: readonly (readonly [ending: string, matches: (bytes: Buffer) => boolean])[] = [
  ['h5', (bytes) => bytes.subarray(0, 8).equals(Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'))],
  ['pt', (bytes) => bytes.subarray(0, 4).equals(Buffer.from('PK\x03\x04', 'latin1'))],
  ['pkl', (bytes) => bytes[0] === 0x80 && (bytes[1] ?? 0) >= 2 && (bytes[1] ?? 0) <= 5],
  ['joblib', (bytes) => bytes[0] === 0x78 && [0x01, 0x5e, 0x9c, 0xda].includes(bytes[1] ?? 0)],
];

/**
 * What the first bytes say, whatever the file is called.
 * @throws EngineFailed for an empty file, one that is too large and one of a known other format
 */
export function checkFormat(content: Uint8Array, kind: 'onnx' | 'javascript'): void {
  const most = kind === 'onnx' ? MAX_MODEL_BYTES : MAX_SCRIPT_BYTES;
  if (content.length === 0) throw EngineFailed.refused('empty', 'The file is empty.');
  if (content.length > most) {
    const limit = `${String(most)} bytes`;
    throw EngineFailed.refused(
      'too-large',
      `The file has ${String(content.length)} bytes; at most ${limit}.`,
      limit,
    );
  }
  if (kind === 'javascript') return;
  const bytes = Buffer.from(content.buffer, content.byteOffset, Math.min(content.length, 16));
  const found = MAGIC.find(([, matches]) => matches(bytes));
  if (found !== undefined) {
    throw EngineFailed.refused(
      'foreign-format',
      exportHelpFor(`model.${found[0]}`) ?? 'The format is not known.',
    );
  }
}
