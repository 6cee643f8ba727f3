import type { Type } from '@nestjs/common';
import { queueOf, readHandlerSpec } from './handler-spec.js';

export interface SubscriptionEntry {
  readonly handler: string;
  readonly queue: string;
  readonly kind: 'shared' | 'ephemeral' | 'rpc';
  /** Event types; `#` alone stands for all of them. */
  readonly events: readonly string[];
  readonly rpc?: string;
}

/** What the consumer classes of a service listen to, for the generated documentation. */
export function listSubscriptions(service: string, classes: readonly Type[]): readonly SubscriptionEntry[] {
  return classes.flatMap((consumer) =>
    Object.getOwnPropertyNames(consumer.prototype).flatMap((name): SubscriptionEntry[] => {
      const method: unknown = Object.getOwnPropertyDescriptor(consumer.prototype, name)?.value;
      const spec = typeof method === 'function' ? readHandlerSpec(method) : undefined;
      if (spec === undefined) return [];
      const handler = `${consumer.name}.${name}`;
      if (spec.kind === 'rpc') {
        const { method: rpc } = spec.definition;
        return [{ handler, queue: `${rpc}.rpc`, kind: 'rpc', events: [], rpc }];
      }
      const { subscription, kind = 'shared' } = spec.options;
      const events = spec.definitions.length === 0 ? ['#'] : spec.definitions.map(({ type }) => type);
      return [{ handler, queue: queueOf(service, subscription), kind, events }];
    }),
  );
}
