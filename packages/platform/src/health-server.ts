import { AppError } from '@spotopt/kernel';
import { fastify } from 'fastify';
import type { FastifyInstance } from 'fastify';
import type { HealthReport } from './health.js';
import type { Metrics } from './metrics.js';

export interface HealthServerSettings {
  readonly host: string;
  readonly port: number;
  /** Null until the service has started: live, but not ready. */
  readonly health: () => Promise<HealthReport | null>;
  readonly metrics: Metrics;
}

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

function routes(server: FastifyInstance, settings: HealthServerSettings): void {
  server.get('/health/live', () => ({ status: 'up' }));
  server.get('/health/ready', async (_request, reply) => {
    const report = await settings.health();
    if (report === null) return reply.code(503).send({ status: 'starting', checks: {} });
    return reply.code(report.status === 'up' ? 200 : 503).send(report);
  });
  server.get('/metrics', async (_request, reply) => {
    const text = await settings.metrics.text();
    return reply.header('content-type', settings.metrics.contentType).send(text);
  });
}

/**
 * Serves `/health/live`, `/health/ready` and `/metrics`.
 * @throws AppError `port-unavailable` (permanent) when the port cannot be opened
 */
export async function startHealthServer(settings: HealthServerSettings): Promise<HealthServer> {
  const server = fastify({ logger: false, forceCloseConnections: true });
  routes(server, settings);
  try {
    await server.listen({ host: settings.host, port: settings.port });
  } catch (error) {
    throw AppError.permanent(
      'port-unavailable',
      `cannot listen on ${settings.host}:${String(settings.port)}`,
      {
        cause: error,
      },
    );
  }
  const address = server.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : settings.port;
  return { port, close: () => server.close() };
}
