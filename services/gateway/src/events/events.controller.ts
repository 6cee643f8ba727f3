import { Req, Res } from '@nestjs/common';
import type { QueryOf, ResponseOf } from '@spotopt/contracts/http';
import { ReplayEventsRoute, StreamEventsRoute } from '@spotopt/contracts/http';
import type { FastifyReply } from 'fastify';
import { scopeOf } from '../caller.js';
import type { Caller } from '../caller.js';
import { By, QueryFor, Routes, Serves } from '../route.js';
import type { GatewayRequest } from '../gateway-request.js';
import { EventStreams } from './event-stream.js';
import { EventTail } from './event-tail.js';
import { ReplayEvents } from './replay-events.js';
import { cursorFrom } from './sse.js';

@Routes()
export class EventsController {
  constructor(
    private readonly replayEvents: ReplayEvents,
    private readonly tail: EventTail,
    private readonly streams: EventStreams,
  ) {}

  @Serves(ReplayEventsRoute)
  async replay(
    @By() caller: Caller,
    @QueryFor(ReplayEventsRoute) query: QueryOf<typeof ReplayEventsRoute>,
  ): Promise<ResponseOf<typeof ReplayEventsRoute>> {
    return this.replayEvents.execute({ ...query, clientId: scopeOf(caller) });
  }

  @Serves(StreamEventsRoute)
  async stream(
    @By() caller: Caller,
    @QueryFor(StreamEventsRoute) query: QueryOf<typeof StreamEventsRoute>,
    @Req() request: GatewayRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const after =
      cursorFrom(request.headers['last-event-id']) ?? query.after ?? (await this.tail.latestCursor());
    reply.hijack();
    this.streams.open(reply.raw, { clientId: scopeOf(caller) ?? query.client_id ?? null, after });
  }
}
