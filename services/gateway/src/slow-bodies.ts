import type { Clock } from '@spotopt/kernel';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Socket } from 'node:net';
import { streamedTypes } from './request-bodies.js';

/** Of a whole request; only an upload may take nearly as long. */
export const REQUEST_TIMEOUT_MS = 600_000;

export interface BodyTimeouts {
  /** Until the headers of a request are there. */
  readonly headersMs: number;
  /** Until a body is there as a whole. */
  readonly bodyMs: number;
  /** Between two parts of an upload. */
  readonly idleMs: number;
}

const DEFAULTS: BodyTimeouts = { headersMs: 30_000, bodyMs: 30_000, idleMs: 30_000 };
const TOO_SLOW = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n';

/** Whoever sends slowly must not hold a connection; only an upload may take long, and only while it moves. */
export function endSlowBodies(
  server: FastifyInstance,
  clock: Clock,
  timeouts: BodyTimeouts = DEFAULTS,
): void {
  server.server.headersTimeout = timeouts.headersMs;
  server.addHook('onRequest', (request, reply, done) => {
    if (streamedTypes(request).length > 0) endWhenIdle(request, reply, timeouts.idleMs);
    else if (hasBody(request)) endWhenLate(request, reply, { clock, afterMs: timeouts.bodyMs });
    done();
  });
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

interface Wait {
  readonly clock: Clock;
  readonly afterMs: number;
}

function endWhenLate({ raw }: FastifyRequest, answer: FastifyReply, wait: Wait): void {
  const over = new AbortController();
  // Unlike the request, the answer is closed in every case, also when nobody read the body.
  answer.raw.once('close', () => {
    over.abort();
  });
  void wait.clock.sleep(wait.afterMs, over.signal).then(() => {
    if (!raw.complete && !over.signal.aborted) end(raw.socket);
  });
}

function endWhenIdle({ raw }: FastifyRequest, { raw: answer }: FastifyReply, afterMs: number): void {
  const { socket } = raw;
  raw.setTimeout(afterMs, () => {
    end(socket);
  });
  raw.once('close', () => {
    // After an answer the time-out is the server's own, for the next request on the connection.
    if (!answer.writableEnded) socket.setTimeout(0);
  });
}

/** What the server itself says to whoever is too slow. */
function end(socket: Socket): void {
  if (socket.writable) socket.write(TOO_SLOW);
  socket.destroy();
}
