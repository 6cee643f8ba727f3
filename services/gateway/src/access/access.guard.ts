import { Injectable } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { RouteDefinition } from '@spotopt/contracts/http';
import { AppError } from '@spotopt/kernel';
import type { Caller } from '../caller.js';
import { ROUTE_METADATA } from '../gateway-request.js';
import type { GatewayRequest } from '../gateway-request.js';
import { Authenticate } from './authenticate.js';
import { mayReadWithoutToken } from './loopback.js';
import { RateLimiter } from './ports.js';

export interface AccessSettings {
  readonly openReadsOnLoopback: boolean;
}

function bearerOf(header: string): string {
  const match = /^Bearer\s+(\S+)\s*$/i.exec(header);
  if (match?.[1] === undefined)
    throw AppError.permanent('unauthorized', 'expected Authorization: Bearer <token>');
  return match[1];
}

function assertMayUse(route: RouteDefinition, caller: Caller): void {
  if (route.access === 'client-or-admin' || route.access === caller.kind) return;
  throw AppError.permanent(
    'forbidden',
    `this needs the token of ${route.access === 'admin' ? 'the administrator' : 'a client'}`,
  );
}

/** Nothing is served before this: who calls, may they, and not too often. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly authenticate: Authenticate,
    private readonly rateLimiter: RateLimiter,
    private readonly settings: AccessSettings,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const route = this.reflector.get<RouteDefinition | undefined>(ROUTE_METADATA, context.getHandler());
    if (route === undefined) throw AppError.bug('route-not-in-catalogue', context.getHandler().name);
    if (route.access === 'public') return true;
    const request = context.switchToHttp().getRequest<GatewayRequest>();
    const caller = await this.#callerOf(request);
    assertMayUse(route, caller);
    request.caller = caller;
    await this.#limit(request, caller, route);
    return true;
  }

  async #callerOf(request: GatewayRequest): Promise<Caller> {
    const { authorization } = request.headers;
    if (authorization !== undefined) return this.authenticate.execute(bearerOf(authorization));
    if (this.settings.openReadsOnLoopback && mayReadWithoutToken(request))
      return { kind: 'admin', via: 'loopback' };
    throw AppError.permanent('unauthorized', 'a token is missing');
  }

  /** One bucket per agent and one more for its alarms; what names no agent counts for the tenant. */
  async #limit(request: GatewayRequest, caller: Caller, route: RouteDefinition): Promise<void> {
    if (caller.kind === 'admin') return;
    const { agentId = '' } = (request.params ?? {}) as { agentId?: string };
    const retryAfterMs = await this.rateLimiter.take(
      `${caller.clientId}:${agentId}${route.urgent ? ':urgent' : ''}`,
    );
    if (retryAfterMs > 0) throw AppError.transient('rate-limited', 'too many requests', { retryAfterMs });
  }
}
