import { CLOUDEVENTS_CONTENT_TYPE } from '@spotopt/contracts';
import type { Envelope } from '@spotopt/contracts';
import type { OutgoingMessage } from './message-bus.js';

const TYPE_PREFIX = 'spotopt.';

/** Routing key of an event type: the type without its prefix. */
export function routingKeyOf(type: string): string {
  return type.startsWith(TYPE_PREFIX) ? type.slice(TYPE_PREFIX.length) : type;
}

/** An event as it goes out on the public exchange. */
export function eventMessage(event: Envelope): OutgoingMessage {
  return {
    exchange: 'spotopt.events',
    routingKey: routingKeyOf(event.type),
    messageId: event.id,
    contentType: CLOUDEVENTS_CONTENT_TYPE,
    type: event.type,
    body: JSON.stringify(event),
    headers: {
      subject: event.subject,
      ...(event.traceparent === undefined ? {} : { traceparent: event.traceparent }),
    },
    ...(event.correlation === undefined ? {} : { correlationId: event.correlation }),
  };
}
