import { Envelope, findEvent } from '@spotopt/contracts';
import type { EventDefinition } from '@spotopt/contracts';
import { AppError } from '@spotopt/kernel';
import { z } from 'zod';
import { MALFORMED_MESSAGE } from '../delivery/settlement.js';
import { routingKeyOf } from '../event-message.js';
import type { Delivery } from '../message-bus.js';

export const CROSSED_TYPE = 'crossed-type';

/**
 * The event of a delivery, checked against the definitions that its queue is bound to. What decides is the
 * routing key, which the broker guards, never a field of the body alone.
 * @throws AppError `malformed-message` or `crossed-type` (permanent)
 */
export function readEvent(delivery: Delivery, definitions: readonly EventDefinition[]): Envelope {
  const envelope = readEnvelope(delivery);
  assertSameType(delivery, envelope);
  const definition = definitions.find((candidate) => candidate.type === envelope.type);
  if (definition === undefined) throw crossed(delivery, envelope, 'the queue is not bound to this type');
  return { ...envelope, data: readData(definition, envelope) };
}

/** As `readEvent`, for every type; data of unknown types pass as they are. */
export function readAnyEvent(delivery: Delivery): Envelope {
  const envelope = readEnvelope(delivery);
  assertSameType(delivery, envelope);
  const definition = findEvent(envelope.type);
  if (definition !== undefined) readData(definition, envelope);
  return envelope;
}

/** Events of one subject keep their order. */
export function subjectOf(delivery: Delivery): string {
  const header = delivery.headers['subject'];
  return header ?? readEnvelope(delivery).subject;
}

function readEnvelope(delivery: Delivery): Envelope {
  let value: unknown;
  try {
    value = JSON.parse(delivery.body);
  } catch (error) {
    throw AppError.permanent(MALFORMED_MESSAGE, 'the body is not JSON', { cause: error });
  }
  const parsed = Envelope.safeParse(value);
  if (!parsed.success) throw malformed('envelope', parsed.error);
  return parsed.data;
}

function readData(definition: EventDefinition, envelope: Envelope): unknown {
  const parsed = definition.data.safeParse(envelope.data);
  if (!parsed.success) throw malformed(`data of ${envelope.type}`, parsed.error);
  return parsed.data;
}

function malformed(what: string, error: z.ZodError): AppError {
  return AppError.permanent(MALFORMED_MESSAGE, `${what}: ${z.prettifyError(error)}`);
}

function assertSameType(delivery: Delivery, envelope: Envelope): void {
  if (routingKeyOf(envelope.type) !== delivery.routingKey || !envelope.type.startsWith('spotopt.')) {
    throw crossed(delivery, envelope, `routing key ${delivery.routingKey} says otherwise`);
  }
}

function crossed(delivery: Delivery, envelope: Envelope, why: string): AppError {
  return AppError.permanent(CROSSED_TYPE, `the body claims type ${envelope.type}: ${why}`, {
    details: { routingKey: delivery.routingKey, type: envelope.type, source: envelope.source },
  });
}
