/** The same bytes in pieces of one length; only the last one may be shorter. */
export async function* sliced(content: AsyncIterable<Uint8Array>, length: number): AsyncGenerator<Buffer> {
  let piece = Buffer.alloc(length);
  let filled = 0;
  for await (const chunk of content) {
    for (let start = 0; start < chunk.length;) {
      const taken = Math.min(length - filled, chunk.length - start);
      piece.set(chunk.subarray(start, start + taken), filled);
      filled += taken;
      start += taken;
      if (filled < length) continue;
      yield piece;
      piece = Buffer.alloc(length);
      filled = 0;
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
}
