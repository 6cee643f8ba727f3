import type * as Onnx from 'onnxruntime-web/wasm';
import { EngineFailed } from './engine-failure.js';
import type { Frame } from './frames.js';
import type { ModelManifest } from './manifest.js';
import { checkModel } from './onnx-checks.js';
import { serveFrames } from './serve-frames.js';

/** The program of a model's process: checks the file, hands it to the runtime as bytes, and feeds it rows. */

type Ports = Pick<ModelManifest, 'input' | 'output'>;

const EMPTY = new Uint8Array(0);

interface Loaded {
  readonly ort: typeof Onnx;
  readonly session: Onnx.InferenceSession;
  readonly ports: Ports;
}
let model: Loaded | null = null;

/** Loaded for a model that passed the checks: most files that are refused never meet it. */
async function runtime(): Promise<typeof Onnx> {
  const ort = await import('onnxruntime-web/wasm');
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.proxy = false;
  ort.env.logLevel = 'fatal';
  return ort;
}

/** What the runtime throws says where memory ran out only in words. */
function failureOf(error: unknown): EngineFailed {
  const message = error instanceof Error ? error.message : String(error);
  const ranOut = /bad_alloc|out of memory|Aborted\(OOM|memory allocation|Array buffer allocation/i.test(
    message,
  );
  if (ranOut) return EngineFailed.because('engine-out-of-memory', `the model ran out of memory: ${message}`);
  return EngineFailed.because('engine-failed', `the runtime refuses the model: ${message}`);
}

async function load({ head, body }: Frame): Promise<Frame> {
  const ports: Ports = { input: head['input'] as Ports['input'], output: head['output'] as Ports['output'] };
  const facts = checkModel(body, ports);
  const ort = await runtime();
  try {
    const session = await ort.InferenceSession.create(body, {
      executionProviders: ['wasm'],
      logSeverityLevel: 4,
    });
    model = { ort, session, ports };
  } catch (error) {
    throw failureOf(error);
  }
  return { head: { ...facts }, body: EMPTY };
}

async function run({ head, body }: Frame): Promise<Frame> {
  if (model === null) throw new Error('asked before it was started');
  const { ort, session, ports } = model;
  const rows = Number(head['rows']);
  // An empty observation is answered without the model: some operators cannot be given nothing.
  if (rows === 0) return { head: {}, body: EMPTY };
  const data = new Float32Array(body.buffer.slice(body.byteOffset, body.byteOffset + body.byteLength));
  let output: Onnx.Tensor | undefined;
  try {
    const feeds = { [ports.input.name]: new ort.Tensor('float32', data, [rows, ports.input.shape[1]]) };
    output = (await session.run(feeds, [ports.output.name]))[ports.output.name];
  } catch (error) {
    throw failureOf(error);
  }
  if (output?.type !== 'float32' || output.size !== rows) {
    const got = output === undefined ? 'nothing' : `${output.type}[${output.dims.join(', ')}]`;
    throw EngineFailed.because('engine-failed', `it answered ${got} for ${String(rows)} rows`);
  }
  const answer = output.data as Float32Array;
  return {
    head: {},
    body: new Uint8Array(answer.buffer.slice(answer.byteOffset, answer.byteOffset + answer.byteLength)),
  };
}

await serveFrames({ start: load, propose: run });
