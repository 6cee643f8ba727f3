import type { FastifyRequest } from 'fastify';
import type { Caller } from './caller.js';

/** Under this key a handler's metadata have the route that it serves. */
export const ROUTE_METADATA = 'gateway:route';

/** A request as guards and interceptors leave it. */
export type GatewayRequest = FastifyRequest & { caller?: Caller };
