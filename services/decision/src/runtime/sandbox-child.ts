import { EngineFailed } from './engine-failure.js';
import type { Frame } from './frames.js';
import { Sandbox, type SandboxRun } from './sandbox.js';
import { serveFrames } from './serve-frames.js';

/** The program of a script's process: keeps the source, and evaluates it anew for each decision. */

const EMPTY = new Uint8Array(0);
/** The script is told to stop a little before its process is ended. */
const SHARE_OF_TIME = 0.9;

const sandbox = await Sandbox.create();
let source = '';

function runOf({ head }: Frame): SandboxRun {
  const number = (name: string): number => Number(head[name]);
  return {
    source,
    seed: number('seed'),
    atMs: number('atMs'),
    timeoutMs: number('timeoutMs') * SHARE_OF_TIME,
    heapBytes: number('heapBytes'),
    maxAnswerBytes: number('maxAnswerBytes'),
  };
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw EngineFailed.refused('not-text', 'The script is not text in UTF-8.');
  }
}

await serveFrames({
  start: (frame) => {
    source = textOf(frame.body);
    return { head: { ...sandbox.describe(runOf(frame)) }, body: EMPTY };
  },
  propose: (frame) => {
    const answer = sandbox.decide(runOf(frame), Buffer.from(frame.body).toString('utf8'));
    return { head: {}, body: Buffer.from(answer, 'utf8') };
  },
});
