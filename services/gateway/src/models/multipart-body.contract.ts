import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

const BOUNDARY = '----a-boundary';
export const MULTIPART_TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

export interface FormPart {
  readonly field: string;
  readonly fileName?: string;
  readonly type?: string;
  readonly content: string | Buffer;
}

function headOf({ field, fileName, type }: Omit<FormPart, 'content'>): string {
  const file = fileName === undefined ? '' : `; filename="${fileName}"`;
  const contentType = type === undefined ? '' : `Content-Type: ${type}\r\n`;
  return `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${field}"${file}\r\n${contentType}\r\n`;
}

export function formOf(parts: readonly FormPart[]): Buffer {
  const pieces = parts.flatMap((part) => [headOf(part), part.content, '\r\n']);
  return Buffer.concat([...pieces, `--${BOUNDARY}--\r\n`].map((piece) => Buffer.from(piece)));
}

export interface SentForm {
  readonly url: string;
  readonly token: string;
  readonly fileName: string;
  /** Of the file; sent in zeros. */
  readonly bytes: number;
  /** The connection ends after so many of them. */
  readonly cutOffAfter?: number;
  readonly withLength?: boolean;
  readonly requestId?: string;
}

function* zeros(form: SentForm): Generator<Buffer> {
  yield Buffer.from(headOf({ field: 'files', fileName: form.fileName }));
  const block = Buffer.alloc(1_048_576);
  for (let left = form.cutOffAfter ?? form.bytes; left > 0; left -= block.length) {
    yield block.subarray(0, Math.min(left, block.length));
  }
  if (form.cutOffAfter === undefined) yield Buffer.from(`\r\n--${BOUNDARY}--\r\n`);
}

/** Streams a form without ever having it in memory; null when the connection was cut off. */
export async function sendZeros(form: SentForm): Promise<{ status: number; body: unknown } | null> {
  const head = headOf({ field: 'files', fileName: form.fileName }).length;
  const length = head + form.bytes + `\r\n--${BOUNDARY}--\r\n`.length;
  const request = httpRequest(form.url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${form.token}`,
      'content-type': MULTIPART_TYPE,
      ...(form.requestId === undefined ? {} : { 'x-request-id': form.requestId }),
      ...(form.withLength === false ? {} : { 'content-length': String(length) }),
    },
  });
  const answer = new Promise<{ status: number; body: unknown }>((resolve, reject) => {
    const read = async (response: IncomingMessage): Promise<{ status: number; body: unknown }> => {
      const body: unknown = JSON.parse(await text(response));
      return { status: response.statusCode ?? 0, body };
    };
    request.once('error', reject).once('response', (response) => {
      read(response).then(resolve, reject);
    });
  });
  let answered = false;
  const settled = answer.then(
    () => (answered = true),
    () => (answered = true),
  );
  for (const piece of zeros(form)) {
    // Whoever sends too much is answered before everything is sent.
    if (answered) break;
    if (!request.write(piece)) await Promise.race([once(request, 'drain'), settled]);
  }
  if (form.cutOffAfter !== undefined) {
    request.destroy();
    return null;
  }
  if (!answered) request.end();
  const result = await answer;
  request.destroy();
  return result;
}
