import type { z } from 'zod';
import { NoBody, NoQuery } from './wire-primitives.js';

/**
 * Who may call a route.
 * - `public`: anybody.
 * - `client`: a tenant's token; what is addressed must belong to that tenant.
 * - `admin`: the administrator's token.
 * - `client-or-admin`: either; a tenant sees its own only.
 */
export type RouteAccess = 'public' | 'client' | 'admin' | 'client-or-admin';

export interface RouteDefinition<
  Body extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Response extends z.ZodType = z.ZodType,
> {
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With `:name` for a parameter. */
  readonly path: string;
  /** Older spellings of the same route that deployed callers use. */
  readonly aliases: readonly string[];
  readonly summary: string;
  readonly access: RouteAccess;
  /** Status of a success. @default 200 */
  readonly status: number;
  readonly body: Body;
  readonly query: Query;
  readonly response: Response;
  /** Media types of the answer when it is not JSON or plain text, as the schema says. */
  readonly produces: readonly string[];
  /** Media types of a body that is read as a stream; empty for JSON. Such a request is never stored for replay. */
  readonly consumes: readonly string[];
  /** The answer carries a secret: never stored for replay. */
  readonly secret: boolean;
  /** A sign that time runs out: other requests of the same agent never use up its share. */
  readonly urgent: boolean;
  /** Comes often, and twice is as good as once: request ids are not remembered. */
  readonly telemetry: boolean;
}

export type BodyOf<Route extends RouteDefinition> = z.output<Route['body']>;
export type QueryOf<Route extends RouteDefinition> = z.output<Route['query']>;
export type ResponseOf<Route extends RouteDefinition> = z.input<Route['response']>;

interface RouteSpec<Body extends z.ZodType, Query extends z.ZodType, Response extends z.ZodType> {
  readonly id: string;
  /** For example `POST /api/agents/:agentId/heartbeat`. */
  readonly at: `${'GET' | 'POST' | 'PUT' | 'DELETE'} /${string}`;
  readonly aliases?: readonly string[];
  readonly summary: string;
  readonly access: RouteAccess;
  readonly status?: number;
  readonly body?: Body;
  readonly query?: Query;
  readonly response: Response;
  readonly produces?: readonly string[];
  readonly consumes?: readonly string[];
  readonly secret?: boolean;
  readonly urgent?: boolean;
  readonly telemetry?: boolean;
}

export function defineRoute<
  Response extends z.ZodType,
  Body extends z.ZodType = typeof NoBody,
  Query extends z.ZodType = typeof NoQuery,
>(spec: RouteSpec<Body, Query, Response>): RouteDefinition<Body, Query, Response> {
  const [method, path] = spec.at.split(' ') as [RouteDefinition['method'], string];
  return {
    id: spec.id,
    method,
    path,
    aliases: spec.aliases ?? [],
    summary: spec.summary,
    access: spec.access,
    status: spec.status ?? 200,
    body: (spec.body ?? NoBody) as Body,
    query: (spec.query ?? NoQuery) as Query,
    response: spec.response,
    produces: spec.produces ?? [],
    consumes: spec.consumes ?? [],
    secret: spec.secret ?? false,
    urgent: spec.urgent ?? false,
    telemetry: spec.telemetry ?? false,
  };
}
