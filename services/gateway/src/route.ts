import {
  Body,
  Controller,
  HttpCode,
  Query,
  RequestMapping,
  RequestMethod,
  SetMetadata,
  UseInterceptors,
  applyDecorators,
  createParamDecorator,
} from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import type { RouteDefinition } from '@spotopt/contracts/http';
import { AppError } from '@spotopt/kernel';
import { IdempotencyInterceptor } from './access/idempotency.interceptor.js';
import type { Caller } from './caller.js';
import { ROUTE_METADATA } from './gateway-request.js';
import type { GatewayRequest } from './gateway-request.js';
import type { UploadedParts } from './models/ports.js';
import { multipartBodyOf } from './multipart.js';

/** A controller without a prefix: every route of the catalogue carries its whole path. */
export function Routes(): ClassDecorator {
  return Controller();
}

/** Serves a route of the catalogue: path and aliases, method, status and access come from there. */
export function Serves(route: RouteDefinition): MethodDecorator {
  return applyDecorators(
    SetMetadata(ROUTE_METADATA, route),
    RequestMapping({ path: [route.path, ...route.aliases], method: RequestMethod[route.method] }),
    HttpCode(route.status),
    ...(remembersRequestIds(route) ? [UseInterceptors(IdempotencyInterceptor)] : []),
  );
}

/** Only there an interceptor stands in the way of a request. */
function remembersRequestIds({ method, secret, consumes, telemetry }: RouteDefinition): boolean {
  return method !== 'GET' && !secret && consumes.length === 0 && !telemetry;
}

/** The body, valid for the route's schema. */
export function BodyFor(route: RouteDefinition): ParameterDecorator {
  return Body({ schema: route.body });
}

/** The query, valid for the route's schema. */
export function QueryFor(route: RouteDefinition): ParameterDecorator {
  return Query({ schema: route.query });
}

export function callerOf(request: GatewayRequest): Caller {
  if (request.caller === undefined)
    throw AppError.bug('no-caller', 'the route is not behind the access guard');
  return request.caller;
}

export interface Target {
  /** Path parameters by name; every route has those that its path names. */
  readonly path: Readonly<Record<string, string>>;
  /** What the caller sent as `X-Request-ID`. */
  readonly requestId: string | null;
}

/** What the request is about. */
export const At = createParamDecorator((_data: unknown, context: ExecutionContext): Target => {
  const { params, headers } = context.switchToHttp().getRequest<GatewayRequest>();
  const requestId = headers['x-request-id'];
  return {
    path: (params ?? {}) as Record<string, string>,
    requestId: typeof requestId === 'string' && requestId !== '' ? requestId : null,
  };
});

export interface UploadedBody {
  /** A stream for the media types that a route reads as they arrive; anything else for others. */
  readonly body: unknown;
  /** Lower case; `identity` when the header is missing. */
  readonly encoding: string;
}

/** A body that is not JSON. */
export const Uploaded = createParamDecorator((_data: unknown, context: ExecutionContext): UploadedBody => {
  const { body, headers } = context.switchToHttp().getRequest<GatewayRequest>();
  return { body, encoding: (headers['content-encoding'] ?? 'identity').toLowerCase() };
});

/** Who makes the request. */
export const By = createParamDecorator((_data: unknown, context: ExecutionContext): Caller => {
  return callerOf(context.switchToHttp().getRequest<GatewayRequest>());
});

/** A multipart body that nobody has begun to read. */
export const MultipartBody = createParamDecorator(
  (_data: unknown, context: ExecutionContext): UploadedParts =>
    multipartBodyOf(context.switchToHttp().getRequest<GatewayRequest>()),
);
