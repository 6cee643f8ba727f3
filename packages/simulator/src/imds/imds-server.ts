import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { stateAt, type Instance } from '../region/instance.js';
import type { SimulatedRegion } from '../region/simulated-region.js';
import { metadataAt } from './metadata.js';
import { Tokens } from './tokens.js';

interface MetadataRoute {
  readonly Params: { readonly instanceId: string; readonly '*': string };
}

function headerOf(request: FastifyRequest<MetadataRoute>, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}

/** Closes the connection without an answer, as the link-local address of a machine that is gone. */
function noAnswer(request: FastifyRequest<MetadataRoute>, reply: FastifyReply): FastifyReply {
  reply.hijack();
  request.raw.socket.destroy();
  return reply;
}

/**
 * Instance metadata, version 2 only, of every instance under `/<instance id>/latest/`. It answers while the
 * instance runs and at no other time.
 */
export function createMetadataServer(region: SimulatedRegion): FastifyInstance {
  const server = fastify({ forceCloseConnections: true, exposeHeadRoutes: false });
  const tokens = new Tokens(region.clock, region.ids);
  server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  const running = (instanceId: string): Instance | undefined => {
    region.advance();
    const instance = region.instances.get(instanceId);
    return instance !== undefined && stateAt(instance, region.clock.nowMs()) === 'running'
      ? instance
      : undefined;
  };

  server.put<MetadataRoute>('/:instanceId/latest/*', (request, reply) => {
    const instance = running(request.params.instanceId);
    if (instance === undefined) return noAnswer(request, reply);
    if (request.params['*'] !== 'api/token') return reply.code(404).send('');
    if (request.headers['x-forwarded-for'] !== undefined) return reply.code(403).send('');
    const ttl = headerOf(request, 'x-aws-ec2-metadata-token-ttl-seconds');
    const token = tokens.issue(instance.id, ttl);
    if (token === undefined) return reply.code(400).send('');
    return reply.header('x-aws-ec2-metadata-token-ttl-seconds', ttl).type('text/plain').send(token);
  });

  server.get<MetadataRoute>('/:instanceId/latest/*', (request, reply) => {
    const instance = running(request.params.instanceId);
    if (instance === undefined) return noAnswer(request, reply);
    if (!tokens.isValid(instance.id, headerOf(request, 'x-aws-ec2-metadata-token'))) {
      return reply.code(401).send('');
    }
    const body = metadataAt(request.params['*'], { region, instance });
    if (body === undefined) return reply.code(404).type('text/plain').send('');
    return reply.type('text/plain').send(body);
  });
  return server;
}
