import type { RpcDefinition, RpcResponse } from '@spotopt/contracts';
import { AppError } from '@spotopt/kernel';
import { z } from 'zod';
import type { MessageBus } from '../message-bus.js';

export interface RpcCallOptions {
  /** @default 5000 */
  readonly timeoutMs?: number;
  readonly correlationId?: string | undefined;
}

const DEFAULT_TIMEOUT_MS = 5_000;

/** Calls another service over the bus; what goes out and what comes back is checked against the contract. */
export class RpcClient {
  constructor(private readonly bus: MessageBus) {}

  /**
   * @throws AppError `invalid-request` (permanent), `invalid-response` (bug), `rpc-timeout` and
   *   `rpc-no-responder` (transient), or what the responder threw
   */
  async call<Definition extends RpcDefinition>(
    definition: Definition,
    request: z.input<Definition['request']>,
    options: RpcCallOptions = {},
  ): Promise<RpcResponse<Definition>> {
    const body = await this.bus.request({
      method: definition.method,
      body: JSON.stringify(parseRequest(definition, request)),
      timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      ...(options.correlationId === undefined ? {} : { correlationId: options.correlationId }),
    });
    return parseResponse(definition, JSON.parse(body)) as RpcResponse<Definition>;
  }
}

/** @throws AppError `invalid-request` (permanent) */
export function parseRequest(definition: RpcDefinition, value: unknown): unknown {
  const parsed = definition.request.safeParse(value);
  if (parsed.success) return parsed.data;
  throw AppError.permanent('invalid-request', `${definition.method}: ${z.prettifyError(parsed.error)}`, {
    details: { issues: parsed.error.issues },
  });
}

/** @throws AppError `invalid-response` (bug) */
export function parseResponse(definition: RpcDefinition, value: unknown): unknown {
  const parsed = definition.response.safeParse(value);
  if (parsed.success) return parsed.data;
  throw AppError.bug('invalid-response', `${definition.method}: ${z.prettifyError(parsed.error)}`);
}
