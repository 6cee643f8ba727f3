import { EngineFailed } from './engine-failure.js';
import { encodeFrame, type Frame, FrameReader } from './frames.js';

export type Answering = (frame: Frame) => Promise<Frame> | Frame;

/** More than the largest model with its head. */
const MAX_REQUEST_BYTES = 128 * 1024 * 1024;
const MAX_MESSAGE_CHARACTERS = 1_000;

/**
 * The loop of a process that runs an engine: answers one frame with one frame until the service closes the pipe.
 * Whatever is thrown is told and not hidden; the service decides that the process ends.
 */
export async function serveFrames(handlers: Readonly<Record<string, Answering>>): Promise<void> {
  const reader = new FrameReader(MAX_REQUEST_BYTES);
  for await (const chunk of process.stdin) {
    for (const frame of reader.push(chunk as Buffer)) await reply(await answerOf(handlers, frame));
  }
}

async function answerOf(handlers: Readonly<Record<string, Answering>>, frame: Frame): Promise<Frame> {
  try {
    const handler = handlers[String(frame.head['op'])];
    if (handler === undefined) throw new Error(`unknown operation ${String(frame.head['op'])}`);
    const { head, body } = await handler(frame);
    return { head: { ...head, ok: true }, body };
  } catch (error) {
    return { head: { ok: false, ...told(error) }, body: new Uint8Array(0) };
  }
}

function told(error: unknown): Record<string, unknown> {
  if (error instanceof EngineFailed) {
    const { code, message, limit, reason } = error.failure;
    return { code, message: message.slice(0, MAX_MESSAGE_CHARACTERS), limit, reason };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'engine-crashed', message: message.slice(0, MAX_MESSAGE_CHARACTERS), limit: null };
}

function reply(frame: Frame): Promise<void> {
  return new Promise((resolve, reject) => {
    const parts = Buffer.concat(encodeFrame(frame));
    process.stdout.write(parts, (error) => {
      if (error == null) resolve();
      else reject(error);
    });
  });
}
