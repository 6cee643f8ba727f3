import type { Envelope, RpcDefinition, RpcResponse } from '@spotopt/contracts';
import type { z } from 'zod';

export interface AskOptions {
  /** @default 3000 */
  readonly timeoutMs?: number;
  readonly correlationId?: string | undefined;
}

/** Requests to the services that own what the gateway shows. */
export abstract class ServiceRequests {
  /**
   * @throws AppError `rpc-timeout` or `rpc-no-responder` (transient) when the owner does not answer in time,
   *   or what the owner threw
   */
  abstract ask<Definition extends RpcDefinition>(
    definition: Definition,
    request: z.input<Definition['request']>,
    options?: AskOptions,
  ): Promise<RpcResponse<Definition>>;
}

/** Events that leave without a transaction: telemetry, whose row is the broker's own copy. */
export abstract class DirectEvents {
  /** Resolves once the broker confirmed. @throws AppError (transient) when it did not */
  abstract publish(event: Envelope): Promise<void>;
}

/** Lines for the operator; never secrets. */
export abstract class Log {
  abstract info(fields: Readonly<Record<string, unknown>>, message: string): void;
  abstract warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  abstract error(fields: Readonly<Record<string, unknown>>, message: string): void;
}
