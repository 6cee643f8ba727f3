import { z } from 'zod';
import type { Observation, Proposal } from '../engine/ports.js';
import { childProgram } from './child-program.js';
import type { EngineDriver, Trial } from './engine-driver.js';
import { EngineFailed } from './engine-failure.js';
import { type EngineLimits, MAX_SCRIPT_BYTES } from './engine-limits.js';
import type { EngineProcessSettings } from './engine-process.js';
import type { Frame } from './frames.js';
import { GOLDEN_OBSERVATION } from './golden-observation.js';
import { proposalOfScript } from './script-answer.js';

const MB = 1024 * 1024;
const EMPTY = new Uint8Array(0);
/** The program around the interpreter. */
const HEAP_MB = 64;
const QUICKJS = 'quickjs-emscripten';

const PROGRAM = childProgram('sandbox-child.js', [
  [QUICKJS],
  [QUICKJS, 'quickjs-emscripten-core'],
  [QUICKJS, 'quickjs-emscripten-core', '@jitl/quickjs-ffi-types'],
  // One of them is used; the others are resolved when the package is linked.
  ...['release-sync', 'release-asyncify', 'debug-sync', 'debug-asyncify'].map((variant) => [
    QUICKJS,
    `@jitl/quickjs-wasmfile-${variant}`,
  ]),
]);

const scriptFacts = z.object({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,59}$/),
  version: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9.+-]{0,29}$/),
});
export type ScriptFacts = z.output<typeof scriptFacts>;

/** @throws EngineFailed for a script that does not say what it is called */
export function scriptFactsOf(head: Frame['head']): ScriptFacts {
  const parsed = scriptFacts.safeParse(head);
  if (parsed.success) return parsed.data;
  throw EngineFailed.refused(
    'no-name',
    "The script must say what it is: `export const name = 'my-engine';` (lower case, digits, hyphens, 60 at most) " +
      "and `export const version = '1.0.0';` (30 characters at most).",
  );
}

/** A script: gets the observation as it is, and answers with a few fields that become a proposal. */
export class ScriptDriver implements EngineDriver {
  readonly process: EngineProcessSettings;

  /** @throws EngineFailed for a file that is too long */
  constructor(
    private readonly source: Uint8Array,
    private readonly ref: ScriptFacts,
    private readonly limits: EngineLimits,
  ) {
    if (source.length > MAX_SCRIPT_BYTES) {
      const limit = `${String(MAX_SCRIPT_BYTES)} bytes`;
      throw EngineFailed.refused(
        'too-large',
        `The script has ${String(source.length)} bytes; at most ${limit}.`,
        limit,
      );
    }
    this.process = {
      program: PROGRAM,
      heapMb: HEAP_MB,
      // The interpreter's own parts need some besides what the script may use.
      wasmMb: limits.scriptHeapMb + 32,
      residentMb: limits.scriptMemoryMb,
      niceness: limits.niceness,
      maxAnswerBytes: limits.maxAnswerBytes,
    };
  }

  start(): Frame {
    return {
      head: { op: 'start', ...this.#run(GOLDEN_OBSERVATION, this.limits.startMs / 2) },
      body: this.source,
    };
  }

  ask(observation: Observation, timeoutMs: number): Frame {
    const body = Buffer.from(JSON.stringify(observation), 'utf8');
    return { head: { op: 'propose', ...this.#run(observation, timeoutMs) }, body };
  }

  read(body: Uint8Array, observation: Observation): Proposal {
    return proposalOfScript(Buffer.from(body).toString('utf8'), observation, this.ref);
  }

  /** Twice the same: an engine whose answers differ cannot be replayed. */
  trials(timeoutMs: number): readonly Trial[] {
    let first: Uint8Array = EMPTY;
    const ask = this.ask(GOLDEN_OBSERVATION, timeoutMs);
    const remember = (body: Uint8Array): void => {
      this.read(body, GOLDEN_OBSERVATION);
      first = body;
    };
    const compare = (body: Uint8Array): void => {
      if (Buffer.compare(body, first) === 0) return;
      throw EngineFailed.refused('not-deterministic', 'The same observation gave two different answers.');
    };
    return [
      { ask, verify: remember },
      { ask, verify: compare },
    ];
  }

  #run({ seed, at }: Observation, timeoutMs: number): Record<string, unknown> {
    const { scriptHeapMb, maxAnswerBytes } = this.limits;
    return { seed, atMs: Date.parse(at), timeoutMs, heapBytes: scriptHeapMb * MB, maxAnswerBytes };
  }
}
