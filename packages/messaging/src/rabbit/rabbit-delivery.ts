import { createHash } from 'node:crypto';
import type { ConsumeMessage, GetMessage, Options } from 'amqplib';
import type { ParkingNote } from '../delivery/settlement.js';
import type { Delivery, OutgoingMessage, ParkedMessage } from '../message-bus.js';
import type { RabbitTopology } from './rabbit-topology.js';

/** Headers of our own on the broker; handlers never see them. */
const OWN_HEADER = 'x-spotopt-';
const ORIGIN_EXCHANGE = `${OWN_HEADER}exchange`;
const ORIGIN_ROUTING_KEY = `${OWN_HEADER}routing-key`;
const REASON = `${OWN_HEADER}reason`;
const ATTEMPTS = `${OWN_HEADER}attempts`;
const ERROR = `${OWN_HEADER}error`;

const REASONS: readonly ParkedMessage['reason'][] = ['malformed', 'permanent', 'too-many-attempts'];

type BrokerMessage = ConsumeMessage | GetMessage;
interface Origin {
  readonly exchange: string;
  readonly routingKey: string;
}

export function publishOptions(message: OutgoingMessage): Options.Publish {
  return {
    persistent: true,
    mandatory: true,
    messageId: message.messageId,
    type: message.type,
    contentType: message.contentType,
    contentEncoding: 'utf-8',
    headers: { ...message.headers },
    ...(message.correlationId === undefined ? {} : { correlationId: message.correlationId }),
    ...(message.ttlMs === undefined ? {} : { expiration: Math.max(1, Math.round(message.ttlMs)) }),
  };
}

export function deliveryOf(message: BrokerMessage, topology: RabbitTopology): Delivery {
  const { properties, fields, content } = message;
  const body = content.toString('utf8');
  const { exchange, routingKey } = originOf(message, topology);
  return {
    messageId: text(properties.messageId) ?? nameOf(body),
    exchange,
    routingKey,
    type: text(properties.type) ?? '',
    contentType: text(properties.contentType) ?? '',
    body,
    correlationId: text(properties.correlationId),
    headers: plainHeaders(properties.headers ?? {}),
    redelivered: fields.redelivered,
  };
}

/**
 * Where a message was published. A redriven one comes through the default exchange, straight into its queue,
 * and says in its headers where it came from; headers of what came through any other exchange are not
 * believed, except what the broker itself wrote when it dead-lettered.
 */
function originOf({ fields, properties }: BrokerMessage, topology: RabbitTopology): Origin {
  const headers: Record<string, unknown> = properties.headers ?? {};
  const exchange = topology.unprefixed(fields.exchange);
  const arrival = { exchange, routingKey: fields.routingKey };
  if (exchange === 'spotopt.dead') return deathOf(headers, topology) ?? notedOrigin(headers) ?? arrival;
  return exchange === '' ? (notedOrigin(headers) ?? arrival) : arrival;
}

function notedOrigin(headers: Record<string, unknown>): Origin | undefined {
  const exchange = text(headers[ORIGIN_EXCHANGE]);
  const routingKey = text(headers[ORIGIN_ROUTING_KEY]);
  return exchange === undefined || routingKey === undefined ? undefined : { exchange, routingKey };
}

/** Options with which a delivery is parked: its own, and why. */
export function parkingOptions(
  message: BrokerMessage,
  delivery: Delivery,
  note: ParkingNote,
): Options.Publish {
  return {
    ...carriedOptions(message, delivery),
    headers: {
      ...delivery.headers,
      [ORIGIN_EXCHANGE]: delivery.exchange,
      [ORIGIN_ROUTING_KEY]: delivery.routingKey,
      [REASON]: note.reason,
      [ATTEMPTS]: note.attempts,
      [ERROR]: note.error,
    },
  };
}

export function redriveOptions(message: BrokerMessage, delivery: Delivery): Options.Publish {
  return {
    ...carriedOptions(message, delivery),
    headers: {
      ...delivery.headers,
      [ORIGIN_EXCHANGE]: delivery.exchange,
      [ORIGIN_ROUTING_KEY]: delivery.routingKey,
    },
  };
}

/** Messages that the broker itself dead-lettered carry no note of ours: a crash loop reached its limit. */
export function parkedOf(message: BrokerMessage, topology: RabbitTopology): ParkedMessage {
  const headers: Record<string, unknown> = message.properties.headers ?? {};
  const reason = REASONS.find((candidate) => candidate === headers[REASON]) ?? 'too-many-attempts';
  return {
    delivery: deliveryOf(message, topology),
    reason,
    attempts: Number(headers[ATTEMPTS] ?? headers['x-delivery-count'] ?? 0),
    error:
      text(headers[ERROR]) ??
      `dead-lettered by the broker (${text(headers['x-first-death-reason']) ?? 'unknown'})`,
  };
}

function carriedOptions({ properties }: BrokerMessage, delivery: Delivery): Options.Publish {
  return {
    persistent: true,
    mandatory: true,
    messageId: delivery.messageId,
    type: delivery.type,
    contentType: delivery.contentType,
    ...(text(properties.contentEncoding) === undefined ? {} : { contentEncoding: 'utf-8' }),
    ...(delivery.correlationId === undefined ? {} : { correlationId: delivery.correlationId }),
  };
}

function deathOf(headers: Record<string, unknown>, topology: RabbitTopology): Origin | undefined {
  const deaths: unknown = headers['x-death'];
  const [death] = Array.isArray(deaths) ? (deaths as Record<string, unknown>[]) : [];
  const exchange = text(death?.['exchange']);
  const keys: unknown = death?.['routing-keys'];
  const routingKey = Array.isArray(keys) ? text(keys[0]) : undefined;
  if (exchange === undefined || routingKey === undefined) return undefined;
  return { exchange: topology.unprefixed(exchange), routingKey };
}

function plainHeaders(headers: Record<string, unknown>): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === 'string' && !name.startsWith('x-')) plain[name] = value;
  }
  return plain;
}

/** A foreign message without an id gets one that stays the same at its next delivery. */
function nameOf(body: string): string {
  return `sha256-${createHash('sha256').update(body).digest('hex').slice(0, 40)}`;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
