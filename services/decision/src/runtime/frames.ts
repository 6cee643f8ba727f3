/** One message between the service and the process of an engine: a small JSON head and bytes. */
export interface Frame {
  readonly head: Readonly<Record<string, unknown>>;
  readonly body: Uint8Array;
}

/** Length of the whole, then of the head, each in 4 bytes. */
const PREFIX_BYTES = 8;
/** The head is ours; only the body is of a stranger's making. */
const MAX_HEAD_BYTES = 64 * 1024;

/** Raised by a reader when the other side announces more than it may send. */
export class FrameTooLong extends Error {
  constructor(
    readonly bytes: number,
    readonly limit: number,
  ) {
    super(`a message of ${String(bytes)} bytes, where ${String(limit)} are allowed`);
  }
}

export function encodeFrame({ head, body }: Frame): Uint8Array[] {
  const text = Buffer.from(JSON.stringify(head), 'utf8');
  const prefix = Buffer.allocUnsafe(PREFIX_BYTES);
  prefix.writeUInt32BE(text.length + body.length, 0);
  prefix.writeUInt32BE(text.length, 4);
  return [Buffer.concat([prefix, text]), body];
}

/** Puts frames together from chunks as they arrive, and never keeps more than one of the allowed length. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #held = 0;

  constructor(private readonly maxBodyBytes: number) {}

  /** @throws FrameTooLong before the message has arrived */
  push(chunk: Buffer): Frame[] {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    const frames: Frame[] = [];
    for (let frame = this.#next(); frame !== null; frame = this.#next()) frames.push(frame);
    return frames;
  }

  #next(): Frame | null {
    if (this.#held < PREFIX_BYTES) return null;
    if ((this.#chunks[0]?.length ?? 0) < PREFIX_BYTES) this.#join();
    const first = this.#chunks[0] ?? Buffer.alloc(0);
    const length = first.readUInt32BE(0);
    const headLength = first.readUInt32BE(4);
    const limit = this.maxBodyBytes + MAX_HEAD_BYTES;
    if (length > limit || headLength > Math.min(length, MAX_HEAD_BYTES))
      throw new FrameTooLong(length, limit);
    if (this.#held < PREFIX_BYTES + length) return null;
    const all = this.#join();
    const end = PREFIX_BYTES + length;
    this.#chunks = all.length > end ? [all.subarray(end)] : [];
    this.#held = all.length - end;
    const head: unknown = JSON.parse(all.toString('utf8', PREFIX_BYTES, PREFIX_BYTES + headLength));
    return { head: head as Frame['head'], body: all.subarray(PREFIX_BYTES + headLength, end) };
  }

  #join(): Buffer {
    const all =
      this.#chunks.length === 1 ? (this.#chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#chunks);
    this.#chunks = [all];
    return all;
  }
}
