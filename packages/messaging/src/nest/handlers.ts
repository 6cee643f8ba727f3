import { UseFilters } from '@nestjs/common';
import { EventPattern, MessagePattern } from '@nestjs/microservices';
import type { EventDefinition, RpcDefinition } from '@spotopt/contracts';
import { patternOf, writeHandlerSpec } from './handler-spec.js';
import type { EventHandlerOptions, HandlerSpec } from './handler-spec.js';
import { PassThroughErrors } from './pass-through-errors.js';

/**
 * Consumes events from the queue `<service>.<subscription>`. The method gets the typed event as its
 * `@Payload()` and a `DeliveryContext` as its `@Ctx()`. Events of one subject are handled in order.
 */
export function OnEvent(
  definitions: EventDefinition | readonly EventDefinition[],
  options: EventHandlerOptions,
): MethodDecorator {
  const list = Array.isArray(definitions)
    ? (definitions as readonly EventDefinition[])
    : [definitions as EventDefinition];
  return handles({ kind: 'event', definitions: list, options });
}

/** Consumes every event, of known and unknown types, as an `Envelope`. */
export function OnAnyEvent(options: EventHandlerOptions): MethodDecorator {
  return handles({ kind: 'event', definitions: [], options });
}

/** Answers a request of another service; the method gets the request and returns the response. */
export function OnRpc(definition: RpcDefinition): MethodDecorator {
  return handles({ kind: 'rpc', definition });
}

function handles(spec: HandlerSpec): MethodDecorator {
  const pattern = patternOf(spec);
  const listen: MethodDecorator =
    spec.kind === 'event' ? EventPattern<string>(pattern, { spec }) : MessagePattern(pattern, { spec });
  const passErrors = UseFilters(new PassThroughErrors());
  return (target, key, descriptor) => {
    if (descriptor.value !== undefined) writeHandlerSpec(descriptor.value as object, spec);
    listen(target, key, descriptor);
    passErrors(target, key, descriptor);
  };
}
