import { randomUUID } from 'node:crypto';
import { waitFor } from '@spotopt/testkit';
import type {
  AttemptStore,
  Delivery,
  DeliveryContext,
  DeliveryHandler,
  MessageBus,
  OutgoingMessage,
  SubscriptionSettings,
} from '../message-bus.js';

/** A broker, and buses on it as several processes would have them. */
export interface BusHarness {
  connect(attempts?: AttemptStore): Promise<MessageBus>;
  /** Closes every bus, removes every queue. */
  dispose(): Promise<void>;
}

export interface BreakableBusHarness extends BusHarness {
  /** Ends the broker, or the way to it, without a word. */
  breakBroker(): Promise<void>;
  mendBroker(): Promise<void>;
}

export interface BusHarnessFactory {
  open(): Promise<BusHarness>;
  openBreakable(): Promise<BreakableBusHarness>;
}

/** What the suites share: settings that fail fast, names that never meet. */
export const SOON = { initialMs: 2, maxMs: 20 };
const FAR_AWAY_MS = 60_000;

export function uniqueName(what: string): string {
  return `${what}-${randomUUID().slice(0, 8)}`;
}

export interface MessageOptions {
  readonly id?: string;
  readonly body?: unknown;
  readonly subject?: string;
  readonly ttlMs?: number;
}

export function eventOn(routingKey: string, options: MessageOptions = {}): OutgoingMessage {
  const { id = randomUUID(), body = { n: 1 }, subject = 'agent-1', ttlMs } = options;
  return {
    exchange: 'spotopt.events',
    routingKey,
    messageId: id,
    contentType: 'application/cloudevents+json',
    type: `spotopt.${routingKey}`,
    body: JSON.stringify(body),
    correlationId: `correlation-of-${id}`,
    headers: { subject },
    ...(ttlMs === undefined ? {} : { ttlMs }),
  };
}

export function commandFor(agentKey: string, options: MessageOptions = {}): OutgoingMessage {
  return { ...eventOn(agentKey, options), exchange: 'spotopt.commands', type: 'command' };
}

export function sharedQueue(queue: string, ...routingKeys: string[]): SubscriptionSettings {
  return {
    queue,
    kind: 'shared',
    bindings: routingKeys.map((routingKey) => ({ exchange: 'spotopt.events', routingKey })),
    retry: SOON,
    laneOf: (delivery) => delivery.headers['subject'] ?? '',
  };
}

export function agentQueue(agentKey: string): SubscriptionSettings {
  return {
    queue: `agent.${agentKey}.commands`,
    kind: 'agent',
    bindings: [{ exchange: 'spotopt.commands', routingKey: agentKey }],
    retry: SOON,
  };
}

/** Publishes until the bus confirms, as the outbox relay does. */
export async function relay(bus: MessageBus, message: OutgoingMessage): Promise<void> {
  await waitFor(
    async () => {
      await bus.publish(message);
      return true;
    },
    { what: `${message.messageId} to be confirmed`, timeoutMs: FAR_AWAY_MS, everyMs: 50 },
  );
}

/** Remembers what was delivered, and what the effect of it was with an inbox in front of it. */
export class Recorder {
  readonly deliveries: Delivery[] = [];
  readonly contexts: DeliveryContext[] = [];
  readonly effects = new Set<string>();

  readonly handler: DeliveryHandler = async (delivery, context) => {
    this.deliveries.push(delivery);
    this.contexts.push(context);
    await this.work(delivery, context);
    this.effects.add(delivery.messageId);
  };

  constructor(private readonly work: DeliveryHandler = () => Promise.resolve()) {}

  get ids(): string[] {
    return this.deliveries.map((delivery) => delivery.messageId);
  }

  async untilDelivered(count: number, timeoutMs = 10_000): Promise<void> {
    await waitFor(() => this.deliveries.length >= count, { what: `${String(count)} deliveries`, timeoutMs });
  }

  async untilDone(count: number, timeoutMs = 10_000): Promise<void> {
    await waitFor(() => this.effects.size >= count, { what: `${String(count)} effects`, timeoutMs });
  }
}

/** A door that handlers wait at. */
export class Gate {
  readonly #opened: Promise<void>;
  open: () => void = () => undefined;

  constructor() {
    this.#opened = new Promise((resolve) => {
      this.open = resolve;
    });
  }

  pass(): Promise<void> {
    return this.#opened;
  }
}
