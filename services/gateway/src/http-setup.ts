import type { INestApplication } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AppError } from '@spotopt/kernel';
import { correlationOfRequest, withCorrelation } from '@spotopt/platform';
import type { ServiceContext } from '@spotopt/platform';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { GatewayConfig } from './config.js';
import { readMultipart } from './multipart.js';
import { ProblemFilter } from './problem.filter.js';
import { SchemaPipe, parseJson, streamUploads } from './request-bodies.js';
import { REQUEST_TIMEOUT_MS, endSlowBodies } from './slow-bodies.js';
import { serveStatic } from './static-files.js';

type Context = ServiceContext<GatewayConfig>;

export function createHttpAdapter({ config }: Context): FastifyAdapter {
  return new FastifyAdapter({
    bodyLimit: config.maxBodyBytes,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 200 },
  });
}

function measure(server: FastifyInstance, { metrics }: Context): void {
  const duration = metrics.histogram({
    name: 'gateway_http_request_seconds',
    help: 'Time from the arrival of a request to the end of its answer.',
    labels: ['method', 'route', 'status'],
  });
  server.addHook('onResponse', (request, reply: FastifyReply, done) => {
    const route = request.routeOptions.url ?? 'unknown';
    duration.observe(reply.elapsedTime / 1_000, {
      method: request.method,
      route,
      status: String(reply.statusCode),
    });
    done();
  });
}

/** After the body is read: what reads it runs outside of the request's own chain of calls. */
function correlate(server: FastifyInstance, { ids }: Context): void {
  server.addHook('preHandler', (request, _reply, done) => {
    withCorrelation(correlationOfRequest(request, ids), done);
  });
}

function protect(server: FastifyInstance): void {
  server.addHook('onSend', (request, reply, payload, done) => {
    void reply.header('x-content-type-options', 'nosniff');
    if (request.url.startsWith('/api/') && !reply.hasHeader('cache-control'))
      void reply.header('cache-control', 'no-store');
    done(null, payload);
  });
}

/** What every route has in common. */
export function configureHttp(app: INestApplication, context: Context): void {
  const { config, logger } = context;
  const adapter: unknown = app.getHttpAdapter();
  if (!(adapter instanceof FastifyAdapter))
    throw AppError.bug('not-fastify', 'the gateway is served by Fastify');
  adapter.useBodyParser(
    'application/json',
    false,
    { bodyLimit: config.maxBodyBytes },
    (_request, body, done) => {
      try {
        done(null, parseJson(body));
      } catch (error) {
        done(error as Error);
      }
    },
  );
  const server: FastifyInstance = (adapter as FastifyAdapter).getInstance();
  streamUploads(server);
  readMultipart(server);
  // Networks know no simulated time, which may run a thousand times as fast.
  endSlowBodies(server);
  measure(server, context);
  correlate(server, context);
  protect(server);
  if (config.dashboardDir !== undefined) serveStatic(server, config.dashboardDir);
  app.useGlobalPipes(new SchemaPipe());
  app.useGlobalFilters(new ProblemFilter(logger));
}
