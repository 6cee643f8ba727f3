import { finished, PassThrough } from 'node:stream';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { MAX_IMPORTED_CHARACTERS } from '@spotopt/contracts';
import { AppError } from '@spotopt/kernel';
import { invalidRequest } from '../invalid-body.js';

/**
 * A price file as it arrives, unpacked. The body is left open when it is refused: its connection still has to carry
 * the answer.
 * @throws AppError `invalid-request` or `body-too-large`
 */
export async function readPriceFile(body: Readable, gzip: boolean): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const entry = gzip ? createGunzip() : new PassThrough();
  finished(body, { writable: false }, (error) => {
    if (error != null) entry.destroy(error);
  });
  body.pipe(entry);
  try {
    for await (const chunk of entry as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MAX_IMPORTED_CHARACTERS) throw tooLarge();
      chunks.push(chunk);
    }
  } catch (error) {
    const { code = '' } = (error ?? {}) as { code?: string };
    if (!code.startsWith('Z_')) throw error;
    throw invalidRequest([{ path: ['content-encoding'], message: 'the body is not gzip' }]);
  } finally {
    body.unpipe(entry);
    body.resume();
  }
  if (bytes === 0) throw invalidRequest([{ path: ['body'], message: 'no prices in it' }]);
  return Buffer.concat(chunks).toString('utf8');
}

function tooLarge(): AppError {
  const megabytes = String(MAX_IMPORTED_CHARACTERS / 1_048_576);
  return AppError.permanent(
    'body-too-large',
    `a price file has at most ${megabytes} MB; leave out regions, types or days that are not needed`,
  );
}
