import { Injectable } from '@nestjs/common';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { RouteDefinition } from '@spotopt/contracts/http';
import { toAppError } from '@spotopt/kernel';
import type { FastifyReply } from 'fastify';
import { from, lastValueFrom, of } from 'rxjs';
import type { Observable } from 'rxjs';
import { nameOf } from '../caller.js';
import { invalidRequest } from '../invalid-body.js';
import { problemOfAppError } from '../problem.js';
import { ROUTE_METADATA } from '../gateway-request.js';
import type { GatewayRequest } from '../gateway-request.js';
import { IdempotentRequests } from './idempotent-requests.js';

const MAX_REQUEST_ID = 128;

function requestIdOf(request: GatewayRequest): string | undefined {
  const header = request.headers['x-request-id'];
  if (typeof header !== 'string' || header === '') return undefined;
  if (header.length > MAX_REQUEST_ID) {
    throw invalidRequest([
      { path: ['X-Request-ID'], message: `at most ${String(MAX_REQUEST_ID)} characters` },
    ]);
  }
  return header;
}

/** Answers a repeated request id with what the first request got. */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly requests: IdempotentRequests,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const route = this.reflector.get<RouteDefinition>(ROUTE_METADATA, context.getHandler());
    const request = context.switchToHttp().getRequest<GatewayRequest>();
    const requestId = requestIdOf(request);
    if (requestId === undefined || request.caller === undefined) return next.handle();
    const { key, stored } = await this.requests.begin({
      scope: nameOf(request.caller),
      routeId: route.id,
      requestId,
      path: request.url,
      body: request.body,
    });
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    if (stored !== undefined) {
      void reply.status(stored.status).header('idempotency-replayed', 'true');
      return of(stored.body);
    }
    return from(this.#once(key, next, reply));
  }

  async #once(key: string, next: CallHandler, reply: FastifyReply): Promise<unknown> {
    let body: unknown;
    try {
      body = await lastValueFrom(next.handle(), { defaultValue: undefined });
    } catch (thrown) {
      const error = toAppError(thrown);
      const { status, body: problem } = problemOfAppError(error);
      if (status >= 500) await this.requests.forget(key);
      else await this.requests.finish(key, { status, body: problem });
      throw thrown;
    }
    await this.requests.finish(key, { status: reply.statusCode, body });
    return body;
  }
}
