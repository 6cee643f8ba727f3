import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ImportCostReportRoute } from '@spotopt/contracts/http';
import { SystemClock } from '@spotopt/kernel';
import fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import { streamUploads } from './request-bodies.js';
import { endSlowBodies } from './slow-bodies.js';

const UPLOAD = '/api/client/acme/cost-reports';

const clock = new SystemClock();
let server: FastifyInstance;

beforeEach(async () => {
  server = fastify({ forceCloseConnections: true });
  streamUploads(server);
  endSlowBodies(server, { headersMs: 30_000, bodyMs: 300, idleMs: 300 });
  server.post('/small', (request) => ({ read: request.body }));
  server.post(ImportCostReportRoute.path, async (request) => {
    const read = await text(request.body as Readable);
    // Longer than an upload may stand still, while nothing is left to be sent.
    await clock.sleep(500);
    return { read };
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
});

afterEach(() => server.close());

/** Sends the parts of a body, each one a moment after the one before, and reads whatever comes back. */
async function send(
  path: string,
  type: string,
  body: { readonly parts: readonly string[]; readonly everyMs: number; readonly length: number },
): Promise<string> {
  const { port } = server.server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  const answer = text(socket).catch(() => 'destroyed');
  const head = ['host: x', `content-type: ${type}`, `content-length: ${String(body.length)}`];
  socket.write([`POST ${path} HTTP/1.1`, ...head, 'connection: close', '', ''].join('\r\n'));
  for (const part of body.parts) {
    await clock.sleep(body.everyMs);
    if (socket.writable) socket.write(part);
  }
  return answer;
}

describe('a body that arrives slowly', () => {
  it('is cut off after a while', async () => {
    const parts = ['"', 'x', 'x', 'x', 'x', '"'];
    const answer = await send('/small', 'application/json', { parts, everyMs: 100, length: 6 });
    // Whoever still sends may lose the words of the answer with the connection.
    expect(answer).not.toContain('200 OK');
  });

  it('in time is answered', async () => {
    const answer = await send('/small', 'application/json', { parts: ['"x"'], everyMs: 10, length: 3 });
    expect(answer).toContain('"read":"x"');
  });

  it('may take long when it is an upload that moves, and so may its answer', async () => {
    const parts = ['a', 'b', 'c', 'd', 'e', 'f'];
    const answer = await send(UPLOAD, 'text/csv', { parts, everyMs: 100, length: 6 });
    expect(answer).toContain('"read":"abcdef"');
  });

  it('is cut off when it is an upload that stands still', async () => {
    const answer = await send(UPLOAD, 'text/csv', { parts: ['a'], everyMs: 10, length: 2 });
    expect(answer).toContain('408 Request Timeout');
  });
});
