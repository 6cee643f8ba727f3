import { z } from 'zod';
import type { ServiceName } from './primitives.js';

const TYPE_PREFIX = 'spotopt.';

/**
 * CloudEvents 1.0 in structured JSON, with the registered extensions that this system uses.
 * Readers are tolerant: attributes that they do not know are dropped.
 */
export const Envelope = z.object({
  specversion: z.literal('1.0'),
  id: z.string().min(1).max(64),
  type: z.string().min(1),
  source: z.string().min(1),
  /** The logical agent or pool that the event is about. */
  subject: z.string().min(1),
  time: z.iso.datetime({ precision: 3 }),
  datacontenttype: z.literal('application/json'),
  data: z.unknown(),
  /** One incident, one switch, one decision keeps one correlation id from its first signal to its last effect. */
  correlation: z.string().min(1).max(64).optional(),
  /** W3C trace context. */
  traceparent: z.string().optional(),
  /** Position among the events of one subject from one source. */
  sequence: z.string().optional(),
  partitionkey: z.string().optional(),
  expirytime: z.iso.datetime({ precision: 3 }).optional(),
  severity: z.enum(['info', 'warning', 'error', 'critical']).optional(),
});
export type Envelope = z.infer<typeof Envelope>;
export type Severity = NonNullable<Envelope['severity']>;

/**
 * `durable` events go through the outbox and arrive at least once; `best-effort` ones (heartbeats)
 * may be lost because the next one replaces them.
 */
export type Delivery = 'durable' | 'best-effort';

export interface EventDefinition<Data extends z.ZodType = z.ZodType> {
  readonly kind: 'event';
  /** `spotopt.<noun>.<past-verb>.v<N>` */
  readonly type: string;
  /** Topic routing key on the exchange `spotopt.events`: the type without its prefix. */
  readonly routingKey: string;
  readonly version: number;
  readonly owner: ServiceName;
  readonly summary: string;
  readonly subject: string;
  readonly delivery: Delivery;
  /** Kept by the gateway for replay over HTTP, and told to streams. Bulk telemetry is not: its owner keeps it. */
  readonly replayed: boolean;
  readonly data: Data;
}

export type EventData<Definition extends EventDefinition> = z.output<Definition['data']>;
export type EventOf<Definition extends EventDefinition> = Omit<Envelope, 'data'> & {
  readonly data: EventData<Definition>;
};

export function defineEvent<Data extends z.ZodType>(spec: {
  readonly name: string;
  readonly version: number;
  readonly owner: ServiceName;
  readonly summary: string;
  /** What `subject` names, for the reader of the generated page. */
  readonly subject: string;
  readonly delivery?: Delivery;
  /** @default true for durable events */
  readonly replayed?: boolean;
  readonly data: Data;
}): EventDefinition<Data> {
  const { name, delivery = 'durable', replayed = delivery === 'durable', ...rest } = spec;
  const type = `${TYPE_PREFIX}${name}.v${String(spec.version)}`;
  return { kind: 'event', ...rest, type, routingKey: type.slice(TYPE_PREFIX.length), delivery, replayed };
}

/** A request that its owner answers over the bus, within the caller's deadline. */
export interface RpcDefinition<
  Request extends z.ZodType = z.ZodType,
  Response extends z.ZodType = z.ZodType,
> {
  readonly kind: 'rpc';
  /** `<service>.<verb-noun>`; also the routing key on the exchange `spotopt.rpc`. */
  readonly method: string;
  readonly owner: ServiceName;
  readonly summary: string;
  readonly request: Request;
  readonly response: Response;
}

export type RpcRequest<Definition extends RpcDefinition> = z.output<Definition['request']>;
export type RpcResponse<Definition extends RpcDefinition> = z.output<Definition['response']>;

export function defineRpc<Request extends z.ZodType, Response extends z.ZodType>(spec: {
  readonly owner: ServiceName;
  readonly name: string;
  readonly summary: string;
  readonly request: Request;
  readonly response: Response;
}): RpcDefinition<Request, Response> {
  const { name, ...rest } = spec;
  return { kind: 'rpc', ...rest, method: `${spec.owner}.${name}` };
}

export interface NewEvent<Definition extends EventDefinition> {
  readonly id: string;
  readonly time: Date;
  readonly subject: string;
  readonly data: z.input<Definition['data']>;
  readonly correlation?: string | undefined;
  readonly severity?: Severity | undefined;
  readonly traceparent?: string | undefined;
  readonly expiresAt?: Date | undefined;
}

/**
 * The envelope of a new event; its data are validated, so that what is published can be read.
 * @throws ZodError when the data do not fit the definition
 */
export function createEvent<Definition extends EventDefinition>(
  definition: Definition,
  event: NewEvent<Definition>,
): EventOf<Definition> {
  return envelopeOf(definition, event, definition.data.parse(event.data) as EventData<Definition>);
}

/**
 * The same without checking the data once more: for data made from checked parts in great numbers, whose maker has a
 * test that they fit.
 */
export function sealEvent<Definition extends EventDefinition>(
  definition: Definition,
  event: Omit<NewEvent<Definition>, 'data'> & { readonly data: EventData<Definition> },
): EventOf<Definition> {
  return envelopeOf(definition, event, event.data);
}

function envelopeOf<Definition extends EventDefinition>(
  definition: Definition,
  event: Omit<NewEvent<Definition>, 'data'>,
  data: EventData<Definition>,
): EventOf<Definition> {
  return {
    specversion: '1.0',
    id: event.id,
    type: definition.type,
    source: `/spotopt/${definition.owner}`,
    subject: event.subject,
    time: event.time.toISOString(),
    datacontenttype: 'application/json',
    partitionkey: event.subject,
    ...(event.correlation === undefined ? {} : { correlation: event.correlation }),
    ...(event.severity === undefined ? {} : { severity: event.severity }),
    ...(event.traceparent === undefined ? {} : { traceparent: event.traceparent }),
    ...(event.expiresAt === undefined ? {} : { expirytime: event.expiresAt.toISOString() }),
    data,
  };
}

export const CLOUDEVENTS_CONTENT_TYPE = 'application/cloudevents+json';
