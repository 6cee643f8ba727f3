import type { BackoffSettings } from '@spotopt/kernel';

/** `spotopt.events` is the public contract (topic); commands go to one agent, rpc to one service. */
export type ExchangeName = 'spotopt.events' | 'spotopt.commands' | 'spotopt.rpc';

export interface OutgoingMessage {
  readonly exchange: ExchangeName;
  readonly routingKey: string;
  readonly messageId: string;
  readonly contentType: string;
  readonly body: string;
  /** The envelope's `type`; a consumer refuses a message whose routing key contradicts it. */
  readonly type: string;
  readonly correlationId?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The broker drops the message after this time. */
  readonly ttlMs?: number;
}

export interface Delivery {
  readonly messageId: string;
  readonly exchange: string;
  readonly routingKey: string;
  readonly type: string;
  readonly contentType: string;
  readonly body: string;
  readonly correlationId: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly redelivered: boolean;
}

export interface DeliveryContext {
  /** 1 for the first attempt, counted by us over restarts, not by the broker. */
  readonly attempt: number;
  readonly queue: string;
  /** Aborted when the bus is closed over its deadline. */
  readonly signal: AbortSignal;
}

export type DeliveryHandler = (delivery: Delivery, context: DeliveryContext) => Promise<void>;

export interface QueueSettings {
  readonly queue: string;
  /**
   * - `shared`: durable, replicated work queue of a service; poison is dead-lettered.
   * - `agent`: durable queue of one agent; expires unused after 24 h; at most 100 messages.
   * - `ephemeral`: lives as long as this process listens, for fan-out to every process.
   */
  readonly kind: 'shared' | 'agent' | 'ephemeral';
  readonly bindings: readonly { readonly exchange: ExchangeName; readonly routingKey: string }[];
}

export interface SubscriptionSettings extends QueueSettings {
  /** Messages in work at the same time. @default 20 */
  readonly prefetch?: number;
  /** Deliveries with the same lane are handled one after the other, in order. @default one lane per subscription */
  readonly laneOf?: (delivery: Delivery) => string;
  /** Attempts before a message is parked. @default 5 */
  readonly maxAttempts?: number;
  /** @default 200 ms growing to 10 s */
  readonly retry?: BackoffSettings;
}

export interface BusSubscription {
  readonly queue: string;
  /** Stops taking messages and waits for those in work. */
  cancel(): Promise<void>;
  /** Takes messages again after `cancel`. */
  resume(): Promise<void>;
}

/** Counts attempts where they survive a restart: in the consumer's own database. */
export abstract class AttemptStore {
  /** Number of this attempt, from 1. */
  abstract begin(queue: string, messageId: string): Promise<number>;
  /** The message is done or parked: its count is no longer needed. */
  abstract forget(queue: string, messageId: string): Promise<void>;
}

export interface BusHealth {
  readonly connected: boolean;
  /** Queues that should be consumed and are not, right now. Empty when all is well. */
  readonly notConsuming: readonly string[];
}

export interface RpcCall {
  readonly method: string;
  readonly body: string;
  readonly timeoutMs: number;
  readonly correlationId?: string;
}

/** Answers a request with a JSON body; a thrown AppError reaches the caller as the same error. */
export type RpcResponder = (body: string, correlationId: string | undefined) => Promise<string>;

/**
 * Carries messages between services. At least once, never twice on purpose; the receiver makes the
 * effect happen once.
 */
export abstract class MessageBus {
  /**
   * Resolves only when the broker has taken responsibility *and* routed the message to at least one queue.
   * Any rejection means "unknown": the caller keeps its outbox row and publishes again.
   * @throws AppError `message-unroutable` (transient) no queue is bound yet, `publish-unconfirmed`
   *   (transient) refused, timed out or connection lost
   */
  abstract publish(message: OutgoingMessage): Promise<void>;

  /** Makes the queue and its bindings exist without consuming, so that messages wait for their reader. */
  abstract declareQueue(settings: QueueSettings): Promise<void>;

  /** Removes a queue with what it holds; of no effect when it is not there. */
  abstract deleteQueue(queue: string): Promise<void>;

  /**
   * Consumes until cancelled, over reconnects and after the queue was deleted under it. A handler that
   * resolves acknowledges; one that throws a `transient` or `bug` error is tried again with back-off, up to
   * `maxAttempts`, without holding up other lanes; a `permanent` error parks the message at once.
   */
  abstract subscribe(settings: SubscriptionSettings, handler: DeliveryHandler): Promise<BusSubscription>;

  /** @throws AppError `rpc-timeout` (transient), `rpc-no-responder` (transient), or what the responder threw */
  abstract request(call: RpcCall): Promise<string>;

  /** Answers `method` in competition with other processes of the same service. */
  abstract respond(method: string, responder: RpcResponder): Promise<BusSubscription>;

  /** Messages parked from `queue`, oldest first, without removing them. */
  abstract parked(queue: string, limit: number): Promise<readonly ParkedMessage[]>;

  /** Puts up to `limit` parked messages back into their queue with a fresh attempt count; answers how many. */
  abstract redrive(queue: string, limit: number): Promise<number>;

  abstract health(): BusHealth;

  /**
   * Stops consuming, waits for handlers in work until `drainMs` has passed, gives the rest back to the
   * queue, closes. Safe to call twice.
   */
  abstract close(drainMs: number): Promise<void>;
}

export interface ParkedMessage {
  readonly delivery: Delivery;
  readonly reason: 'malformed' | 'permanent' | 'too-many-attempts';
  readonly attempts: number;
  readonly error: string;
}
