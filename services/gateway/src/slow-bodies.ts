import { PeriodicTask, SystemClock } from '@spotopt/kernel';
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
/** How exactly the time-out of a body is kept. */
const LOOKS_PER_TIMEOUT = 10;
const TOO_SLOW = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n';

/** Whoever sends slowly must not hold a connection; only an upload may take long, and only while it moves. */
export function endSlowBodies(server: FastifyInstance, timeouts: BodyTimeouts = DEFAULTS): void {
  const arriving = new ArrivingBodies(timeouts.bodyMs);
  const sweep = new PeriodicTask(
    new SystemClock(),
    {
      name: 'slow-bodies',
      intervalMs: timeouts.bodyMs / LOOKS_PER_TIMEOUT,
      // Ending a connection does not fail.
      onError: () => undefined,
    },
    async () => {
      arriving.endLate();
      return Promise.resolve();
    },
  ).start();
  server.server.headersTimeout = timeouts.headersMs;
  server.addHook('onRequest', (request, reply, done) => {
    if (streamedTypes(request).length > 0) endWhenIdle(request, reply, timeouts.idleMs);
    else if (hasBody(request)) arriving.add(request);
    done();
  });
  server.addHook('preValidation', (request, _reply, done) => {
    arriving.delete(request);
    done();
  });
  // Also where a body was refused, or nobody read it.
  server.addHook('onResponse', (request, _reply, done) => {
    arriving.delete(request);
    done();
  });
  server.addHook('onClose', () => sweep.stop());
}

/** Requests whose body is not there yet. One look at all of them costs less than a timer for each. */
class ArrivingBodies {
  readonly #endAtMs = new Map<FastifyRequest, number>();

  constructor(private readonly timeoutMs: number) {}

  add(request: FastifyRequest): void {
    this.#endAtMs.set(request, performance.now() + this.timeoutMs);
  }

  delete(request: FastifyRequest): void {
    this.#endAtMs.delete(request);
  }

  endLate(): void {
    const nowMs = performance.now();
    for (const [request, endAtMs] of this.#endAtMs) {
      // They are in the order of their ends.
      if (endAtMs > nowMs) return;
      this.#endAtMs.delete(request);
      if (!request.raw.complete) end(request.raw.socket);
    }
  }
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
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
