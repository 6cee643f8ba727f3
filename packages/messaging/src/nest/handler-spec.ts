import 'reflect-metadata';
import type { EventDefinition, RpcDefinition } from '@spotopt/contracts';
import type { BackoffSettings } from '@spotopt/kernel';

export interface EventHandlerOptions {
  /** Second half of the queue name `<service>.<subscription>`; unique within the service. */
  readonly subscription: string;
  /** @default 20 */
  readonly prefetch?: number;
  /** @default 5 */
  readonly maxAttempts?: number;
  /** `ephemeral` gives every process of the service its own copy. @default shared */
  readonly kind?: 'shared' | 'ephemeral';
  readonly retry?: BackoffSettings;
}

export type HandlerSpec =
  | {
      readonly kind: 'event';
      /** Empty for every event there is, known or not. */
      readonly definitions: readonly EventDefinition[];
      readonly options: EventHandlerOptions;
    }
  | { readonly kind: 'rpc'; readonly definition: RpcDefinition };

const HANDLER_SPEC = Symbol.for('spotopt:handler-spec');

export function writeHandlerSpec(method: object, spec: HandlerSpec): void {
  Reflect.defineMetadata(HANDLER_SPEC, spec, method);
}

export function readHandlerSpec(method: object): HandlerSpec | undefined {
  return Reflect.getMetadata(HANDLER_SPEC, method) as HandlerSpec | undefined;
}

/** Name under which Nest keeps the handler; one queue or method has one handler. */
export function patternOf(spec: HandlerSpec): string {
  return spec.kind === 'event' ? `event:${spec.options.subscription}` : `rpc:${spec.definition.method}`;
}

export function queueOf(service: string, subscription: string): string {
  return `${service}.${subscription}`;
}
