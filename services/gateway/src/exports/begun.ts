import { Readable } from 'node:stream';

/** Read ahead of the receiver, in bytes. */
const BUFFER_BYTES = 65_536;

type Piece = string | Uint8Array;

async function* after(first: IteratorResult<Piece>, rest: AsyncGenerator<Piece>): AsyncGenerator<Piece> {
  if (first.done !== true) yield first.value;
  for await (const piece of rest) if (piece.length > 0) yield piece;
}

/** A stream that has begun: what fails before its first piece is still an error with a status. */
export async function begun(pieces: AsyncGenerator<Piece>): Promise<Readable> {
  const first = await pieces.next();
  return Readable.from(after(first, pieces), { objectMode: false, highWaterMark: BUFFER_BYTES });
}
