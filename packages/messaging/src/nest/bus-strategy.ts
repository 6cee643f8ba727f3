import { Server } from '@nestjs/microservices';
import type { CustomTransportStrategy, MessageHandler } from '@nestjs/microservices';
import { AppError, hasCode } from '@spotopt/kernel';
import { isObservable, lastValueFrom } from 'rxjs';
import type { BusLogger } from '../bus-logger.js';
import type { BusSubscription, Delivery, MessageBus } from '../message-bus.js';
import { parseRequest, parseResponse } from '../rpc/rpc-client.js';
import { patternOf, queueOf } from './handler-spec.js';
import type { HandlerSpec } from './handler-spec.js';
import { CROSSED_TYPE, readAnyEvent, readEvent, subjectOf } from './read-event.js';

export interface BusStrategyParts {
  readonly bus: MessageBus;
  /** First half of the queue names. */
  readonly service: string;
  readonly logger: BusLogger;
}

type EventSpec = Extract<HandlerSpec, { kind: 'event' }>;
type RpcSpec = Extract<HandlerSpec, { kind: 'rpc' }>;

/** Lets `@OnEvent` and `@OnRpc` methods of Nest controllers take their messages from the `MessageBus`. */
export class BusStrategy extends Server implements CustomTransportStrategy {
  override readonly propagatesEventHandlerErrors = true;
  readonly #subscriptions: BusSubscription[] = [];

  constructor(private readonly parts: BusStrategyParts) {
    super();
  }

  override addHandler(
    pattern: string,
    callback: MessageHandler,
    isEventHandler?: boolean,
    extras?: Record<string, unknown>,
  ): void {
    if (this.messageHandlers.has(pattern)) {
      throw AppError.bug('duplicate-handler', `${this.parts.service} has two handlers for ${pattern}`);
    }
    super.addHandler(pattern, callback, isEventHandler, extras);
  }

  listen(callback: (error?: unknown) => void): void {
    this.#subscribeAll().then(
      () => {
        callback();
      },
      (error: unknown) => {
        callback(error);
      },
    );
  }

  /** Stops taking messages and waits for those in work; the bus itself belongs to whoever made it. */
  async close(): Promise<void> {
    await Promise.all(this.#subscriptions.map((subscription) => subscription.cancel()));
  }

  override on(): void {
    throw AppError.bug('not-supported', 'the bus has no connection events; ask MessageBus.health()');
  }

  override unwrap<T>(): T {
    return this.parts.bus as T;
  }

  async #subscribeAll(): Promise<void> {
    await Promise.all(
      [...this.messageHandlers.values()].map(async (handler) => {
        const spec = handler.extras?.['spec'] as HandlerSpec | undefined;
        if (spec === undefined) {
          throw AppError.bug(
            'foreign-handler',
            'use @OnEvent, @OnAnyEvent or @OnRpc instead of @EventPattern',
          );
        }
        this.#subscriptions.push(
          spec.kind === 'event' ? await this.#subscribe(spec, handler) : await this.#respond(spec, handler),
        );
      }),
    );
  }

  #subscribe(spec: EventSpec, handler: MessageHandler): Promise<BusSubscription> {
    const { bus, service } = this.parts;
    const { subscription, kind = 'shared', ...limits } = spec.options;
    const routingKeys =
      spec.definitions.length === 0 ? ['#'] : spec.definitions.map(({ routingKey }) => routingKey);
    return bus.subscribe(
      {
        queue: queueOf(service, subscription),
        kind,
        ...limits,
        bindings: routingKeys.map((routingKey) => ({ exchange: 'spotopt.events', routingKey })),
        laneOf: subjectOf,
      },
      async (delivery, context) => {
        await finished(handler(this.#read(spec, delivery), context));
      },
    );
  }

  #respond(spec: RpcSpec, handler: MessageHandler): Promise<BusSubscription> {
    const { definition } = spec;
    return this.parts.bus.respond(definition.method, async (body, correlationId) => {
      const request = parseRequest(definition, parseJson(body));
      const response = await finished(handler(request, { method: definition.method, correlationId }));
      return JSON.stringify(parseResponse(definition, response));
    });
  }

  #read(spec: EventSpec, delivery: Delivery): unknown {
    try {
      return spec.definitions.length === 0 ? readAnyEvent(delivery) : readEvent(delivery, spec.definitions);
    } catch (error) {
      if (hasCode(error, CROSSED_TYPE)) {
        const { messageId, routingKey, type } = delivery;
        this.parts.logger.warn(
          { security: true, handler: patternOf(spec), messageId, routingKey, type, err: error },
          'message claims a type that its routing key contradicts',
        );
      }
      throw error;
    }
  }
}

/** Nest answers with a value, a promise or an observable, and reports errors through the latter. */
async function finished(result: unknown): Promise<unknown> {
  const value = await result;
  return isObservable(value) ? lastValueFrom(value, { defaultValue: undefined }) : value;
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw AppError.permanent('invalid-request', 'the request is not JSON', { cause: error });
  }
}
