import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Catch, Controller, Module } from '@nestjs/common';
import type {
  CallHandler,
  ExceptionFilter,
  ExecutionContext,
  INestMicroservice,
  NestInterceptor,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, Payload } from '@nestjs/microservices';
import { createEvent, defineEvent, defineRpc } from '@spotopt/contracts';
import type { Envelope, EventDefinition, EventOf, RpcRequest, RpcResponse } from '@spotopt/contracts';
import { AppError, SystemClock } from '@spotopt/kernel';
import { recordingLogger, waitFor } from '@spotopt/testkit';
import type { RecordingLogger } from '@spotopt/testkit';
import { tap } from 'rxjs';
import type { Observable } from 'rxjs';
import { z } from 'zod';
import { silentLogger } from '../bus-logger.js';
import { eventMessage } from '../event-message.js';
import { InProcessBroker } from '../in-process/in-process-broker.js';
import { InProcessMessageBus } from '../in-process/in-process-message-bus.js';
import { MemoryAttemptStore } from '../memory-attempt.store.js';
import type { DeliveryContext, OutgoingMessage } from '../message-bus.js';
import { RpcClient } from '../rpc/rpc-client.js';
import { BusStrategy } from './bus-strategy.js';
import { OnAnyEvent, OnEvent, OnRpc } from './handlers.js';
import { listSubscriptions } from './list-subscriptions.js';

function define(name: string) {
  return defineEvent({
    name,
    version: 1,
    owner: 'replica',
    summary: 'for this test',
    subject: 'agent',
    data: z.object({ n: z.number().default(7) }),
  });
}

const Started = define('thing.started');
const Ended = define('thing.ended');
const Unbound = define('thing.unbound');
const Ask = defineRpc({
  owner: 'replica',
  name: 'ask',
  summary: 'for this test',
  request: z.object({ agentId: z.string(), depth: z.number().default(1) }),
  response: z.object({ answer: z.string() }),
});
const Broken = defineRpc({
  owner: 'replica',
  name: 'broken',
  summary: 'for this test',
  request: z.object({}),
  response: z.object({ answer: z.string() }),
});

interface Seen {
  readonly event: Envelope;
  readonly context?: DeliveryContext;
}

const seen: Seen[] = [];
const seenAnywhere: Envelope[] = [];
let failure: (attempt: number) => Error | undefined = () => undefined;

@Controller()
class ThingConsumer {
  @OnEvent([Started, Ended], { subscription: 'things', maxAttempts: 3, retry: { initialMs: 1, maxMs: 2 } })
  async onThing(@Payload() event: EventOf<typeof Started>, @Ctx() context: DeliveryContext): Promise<void> {
    seen.push({ event, context });
    await Promise.resolve();
    const error = failure(context.attempt);
    if (error !== undefined) throw error;
  }

  @OnAnyEvent({ subscription: 'everything', kind: 'ephemeral' })
  onAny(@Payload() event: Envelope): void {
    seenAnywhere.push(event);
  }

  @OnRpc(Ask)
  async ask(@Payload() request: RpcRequest<typeof Ask>): Promise<RpcResponse<typeof Ask>> {
    await Promise.resolve();
    if (request.agentId === 'none') throw AppError.permanent('agent-not-found', 'no such agent');
    return { answer: `${request.agentId} at ${String(request.depth)}` };
  }

  @OnRpc(Broken)
  broken(): object {
    return { answer: 42 };
  }
}

@Module({ controllers: [ThingConsumer] })
class ThingModule {}

@Catch()
class SwallowingFilter implements ExceptionFilter {
  catch(): void {
    // What a filter for HTTP would do to a handler of messages if it got hold of its errors.
  }
}

class CountingInterceptor implements NestInterceptor {
  handled = 0;

  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      tap({
        finalize: () => {
          this.handled += 1;
        },
      }),
    );
  }
}

function eventOf(definition: EventDefinition, id: string, data: unknown = { n: 1 }): Envelope {
  return createEvent(definition, {
    id,
    time: new Date(0),
    subject: 'agent-1',
    data,
    correlation: 'incident-1',
  });
}

describe('BusStrategy', () => {
  let bus: InProcessMessageBus;
  let app: INestMicroservice;
  let logger: RecordingLogger;
  const interceptor = new CountingInterceptor();

  beforeEach(async () => {
    seen.length = 0;
    seenAnywhere.length = 0;
    failure = () => undefined;
    const clock = new SystemClock();
    bus = new InProcessMessageBus(new InProcessBroker(clock), {
      clock,
      attempts: new MemoryAttemptStore(),
      logger: silentLogger,
    });
    logger = recordingLogger();
    app = await NestFactory.createMicroservice(ThingModule, {
      logger: false,
      strategy: new BusStrategy({ bus, service: 'replica', logger }),
    });
    app.useGlobalFilters(new SwallowingFilter());
    app.useGlobalInterceptors(interceptor);
    await app.listen();
  });

  afterEach(async () => {
    await app.close();
    await bus.close(0);
  });

  async function parkedAfter(message: OutgoingMessage): Promise<unknown> {
    await bus.publish(message);
    const [parked] = await bus.parked('replica.things', 10);
    return parked;
  }

  it('hands the typed event and the context to the handler', async () => {
    await bus.publish(eventMessage(eventOf(Started, 'e-1', {})));
    await bus.publish(eventMessage(eventOf(Ended, 'e-2')));
    expect(seen.map(({ event }) => [event.type, event.data])).toEqual([
      ['spotopt.thing.started.v1', { n: 7 }],
      ['spotopt.thing.ended.v1', { n: 1 }],
    ]);
    expect(seen[0]?.context).toMatchObject({ attempt: 1, queue: 'replica.things' });
    expect(await bus.parked('replica.things', 10)).toEqual([]);
  });

  it('lets the bus see a transient error as it is, and tries again', async () => {
    failure = (attempt) => (attempt < 3 ? AppError.transient('throttled', 'later') : undefined);
    await bus.publish(eventMessage(eventOf(Started, 'e-1')));
    expect(seen.map(({ context }) => context?.attempt)).toEqual([1, 2, 3]);
    expect(await bus.parked('replica.things', 10)).toEqual([]);
  });

  it('lets the bus see permanent errors and bugs as they are', async () => {
    failure = () => AppError.permanent('agent-gone', 'deleted');
    expect(await parkedAfter(eventMessage(eventOf(Started, 'e-1')))).toMatchObject({
      reason: 'permanent',
      attempts: 1,
      error: 'agent-gone: deleted',
    });
    await bus.redrive('replica.things', 1);
    failure = () => new TypeError('x is undefined');
    await bus.publish(eventMessage(eventOf(Started, 'e-2')));
    const parked = await waitFor(
      async () =>
        (await bus.parked('replica.things', 10)).find(({ reason }) => reason === 'too-many-attempts'),
      { what: 'the bug to be parked' },
    );
    expect(parked).toMatchObject({ attempts: 3, error: 'unexpected: x is undefined' });
  });

  it.each([
    ['a body that is not JSON', (message: OutgoingMessage) => ({ ...message, body: '{' })],
    ['null', (message: OutgoingMessage) => ({ ...message, body: 'null' })],
    ['a broken envelope', (message: OutgoingMessage) => ({ ...message, body: '{"specversion":"1.0"}' })],
    [
      'data that do not fit',
      (message: OutgoingMessage) => ({ ...message, body: message.body.replace('{"n":1}', '{"n":"one"}') }),
    ],
  ])('parks %s as malformed without asking the handler', async (_what, spoil) => {
    expect(await parkedAfter(spoil(eventMessage(eventOf(Started, 'e-1'))))).toMatchObject({
      reason: 'malformed',
      attempts: 1,
    });
    expect(seen).toEqual([]);
  });

  it.each([
    ['another type that the queue takes', Ended],
    ['a type that the queue does not take', Unbound],
  ])('runs no handler for a body that claims %s', async (_what, claimed) => {
    const forged = { ...eventMessage(eventOf(claimed, 'e-1')), routingKey: Started.routingKey };
    expect(await parkedAfter(forged)).toMatchObject({
      reason: 'permanent',
      error: expect.stringMatching(/^crossed-type: /),
    });
    expect(seen).toEqual([]);
    expect(logger.entries).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        details: expect.objectContaining({ security: true }),
      }),
    );
  });

  it('gives every event, known or not, to a wildcard handler', async () => {
    await bus.publish(eventMessage(eventOf(Unbound, 'e-1')));
    await waitFor(() => seenAnywhere.length === 1, { what: 'the event' });
    expect(seenAnywhere[0]).toMatchObject({ id: 'e-1', type: 'spotopt.thing.unbound.v1', data: { n: 1 } });
  });

  it('answers requests, with checks on both ends', async () => {
    const rpc = new RpcClient(bus);
    await expect(rpc.call(Ask, { agentId: 'a-1' })).resolves.toEqual({ answer: 'a-1 at 1' });
    await expect(rpc.call(Ask, { agentId: 'none' })).rejects.toMatchObject({
      code: 'agent-not-found',
      kind: 'permanent',
    });
    await expect(
      bus.request({ method: Ask.method, body: '{"agentId":1}', timeoutMs: 1_000 }),
    ).rejects.toMatchObject({
      code: 'invalid-request',
    });
    await expect(bus.request({ method: Ask.method, body: '{', timeoutMs: 1_000 })).rejects.toMatchObject({
      code: 'invalid-request',
    });
    await expect(rpc.call(Broken, {})).rejects.toMatchObject({ code: 'invalid-response', kind: 'bug' });
  });

  it('runs interceptors around handlers', async () => {
    const before = interceptor.handled;
    await bus.publish(eventMessage(eventOf(Started, 'e-1')));
    expect(interceptor.handled).toBeGreaterThan(before);
  });

  it('takes nothing more once the application is closed', async () => {
    await app.close();
    await expect(new RpcClient(bus).call(Ask, { agentId: 'a-1' })).rejects.toMatchObject({
      code: 'rpc-no-responder',
    });
  });

  it('refuses two handlers for one subscription', async () => {
    const strategy = new BusStrategy({ bus, service: 'replica', logger });
    strategy.addHandler('event:things', () => Promise.resolve(), true);
    expect(() => {
      strategy.addHandler('event:things', () => Promise.resolve(), true);
    }).toThrow('two handlers for event:things');
    await strategy.close();
  });

  it('lists what a consumer listens to', () => {
    expect(listSubscriptions('replica', [ThingConsumer])).toEqual([
      {
        handler: 'ThingConsumer.onThing',
        queue: 'replica.things',
        kind: 'shared',
        events: ['spotopt.thing.started.v1', 'spotopt.thing.ended.v1'],
      },
      { handler: 'ThingConsumer.onAny', queue: 'replica.everything', kind: 'ephemeral', events: ['#'] },
      { handler: 'ThingConsumer.ask', queue: 'replica.ask.rpc', kind: 'rpc', events: [], rpc: 'replica.ask' },
      {
        handler: 'ThingConsumer.broken',
        queue: 'replica.broken.rpc',
        kind: 'rpc',
        events: [],
        rpc: 'replica.broken',
      },
    ]);
  });
});
