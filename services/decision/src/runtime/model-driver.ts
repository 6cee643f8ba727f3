import { type Observation, type Proposal, proposeAt } from '../engine/ports.js';
import { childProgram } from './child-program.js';
import type { EngineDriver, Trial } from './engine-driver.js';
import { EngineFailed } from './engine-failure.js';
import type { EngineLimits } from './engine-limits.js';
import type { EngineProcessSettings } from './engine-process.js';
import { FEATURES, featureMatrix } from './features.js';
import type { Frame } from './frames.js';
import { GOLDEN_OBSERVATION } from './golden-observation.js';
import type { ModelManifest } from './manifest.js';

const BYTES_PER_MB = 1024 * 1024;
const BYTES_PER_FLOAT = 4;
const HEAP_MB = 128;
const SMALLEST_CHANCE_TO_LAST = 2e-9;
/** The file itself, its copy in the runtime, the weights and a copy of them while they are packed. */
const COPIES_OF_FILE = 4;

const PROGRAM = childProgram('model-child.js', [
  ['onnxruntime-web/wasm'],
  ['protobufjs/light.js'],
  ['protobufjs/light.js', 'long'],
]);

/** A model: gets a row of numbers per pool and answers its chance of loss; what follows from it is ours. */
export class ModelDriver implements EngineDriver {
  readonly process: EngineProcessSettings;

  constructor(
    private readonly content: Uint8Array,
    private readonly manifest: ModelManifest,
    limits: EngineLimits,
  ) {
    const fileMb = Math.ceil(content.length / BYTES_PER_MB);
    const residentMb = limits.modelMemoryMb + COPIES_OF_FILE * fileMb;
    this.process = {
      program: PROGRAM,
      heapMb: HEAP_MB,
      wasmMb: residentMb,
      residentMb,
      niceness: limits.niceness,
      maxAnswerBytes: limits.maxAnswerBytes,
    };
  }

  start(): Frame {
    const { input, output } = this.manifest;
    return { head: { op: 'start', input, output }, body: this.content };
  }

  ask(observation: Observation): Frame {
    return question(featureMatrix(observation, this.manifest.features), observation.pools.length);
  }

  read(body: Uint8Array, observation: Observation): Proposal {
    const losses = lossesOf(body, observation.pools.length);
    const byPool = new Map(observation.pools.map(({ poolId }, index) => [poolId, losses[index] ?? 1]));
    const { name, version } = this.manifest;
    return proposeAt(observation, (poolId) => lossRateOf(byPool.get(poolId) ?? 1), {
      engine: name,
      engineVersion: version,
    });
  }

  /** What the manifest promises, then numbers that stand for the unknown. */
  trials(): readonly Trial[] {
    const { golden } = this.manifest;
    const ask = question(Float32Array.from(golden.input.flat()), golden.input.length);
    let first: Uint8Array | undefined;
    const verify = (body: Uint8Array): void => {
      checkGolden(lossesOf(body, golden.output.length), golden);
      first ??= body;
      if (Buffer.compare(first, body) === 0) return;
      throw EngineFailed.refused(
        'golden',
        'The golden input gives other numbers the second time: it draws lots.',
      );
    };
    const readable = (body: Uint8Array): void => {
      this.read(body, GOLDEN_OBSERVATION);
    };
    return [
      { ask, verify },
      { ask, verify },
      { ask: this.ask(GOLDEN_OBSERVATION), verify: readable },
    ];
  }
}

/** Losses per hour at which a machine is lost within the hour with this chance; certainty is capped at 20 an hour. */
function lossRateOf(chancePerHour: number): number {
  return -Math.log(Math.max(SMALLEST_CHANCE_TO_LAST, 1 - chancePerHour));
}

function question(rows: Float32Array, count: number): Frame {
  return {
    head: { op: 'propose', rows: count },
    body: new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength),
  };
}

function lossesOf(body: Uint8Array, count: number): number[] {
  if (body.length !== count * BYTES_PER_FLOAT) {
    const got = String(body.length / BYTES_PER_FLOAT);
    throw EngineFailed.because('engine-failed', `it answered ${got} numbers for ${String(count)} pools`);
  }
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  return Array.from({ length: count }, (_, index) => {
    const loss = view.getFloat32(index * BYTES_PER_FLOAT, true);
    if (loss >= 0 && loss <= 1) return loss;
    throw EngineFailed.because(
      'engine-failed',
      `it answered ${String(loss)}, which is no chance between 0 and 1`,
    );
  });
}

function checkGolden(answered: readonly number[], { output, tolerance }: ModelManifest['golden']): void {
  answered.forEach((loss, row) => {
    const expected = output[row] ?? Number.NaN;
    if (Math.abs(loss - expected) <= tolerance) return;
    throw EngineFailed.refused(
      'golden',
      `Row ${String(row)} of the golden input gives ${String(loss)} here, not ${String(expected)} ` +
        `(tolerance ${String(tolerance)}): the file is damaged, or it is not the model that the manifest describes.`,
    );
  });
}

/** What a person wants to know before activating it. */
export function modelDetails(
  head: Frame['head'],
  { features, input, output, training, metrics, description }: ModelManifest,
): Record<string, unknown> {
  return {
    inputs: [
      { ...input, features: features.map(({ name }) => ({ name, unit: FEATURES[name]?.unit ?? '' })) },
    ],
    outputs: [output],
    operators: head['operators'],
    opset: head['opset'],
    parameters: head['parameters'],
    producer: head['producer'],
    description,
    ...(training === undefined ? {} : { training }),
    ...(metrics === undefined ? {} : { metrics }),
  };
}
