import { AppError, toAppError } from '@spotopt/kernel';
import type { ErrorKind } from '@spotopt/kernel';
import { z } from 'zod';

const Failure = z.object({
  error: z.object({
    code: z.string(),
    kind: z.enum(['transient', 'permanent', 'bug']),
    message: z.string(),
    details: z.record(z.string(), z.unknown()).optional(),
    retryAfterMs: z.number().optional(),
  }),
});

/** An answer as it travels: the flag is outside the body, so that no answer can pass for an error. */
export interface RpcAnswer {
  readonly failed: boolean;
  readonly body: string;
}

export async function answerOf(work: () => Promise<string>): Promise<RpcAnswer> {
  try {
    return { failed: false, body: await work() };
  } catch (thrown) {
    const { code, kind, message, details, retryAfterMs } = toAppError(thrown);
    return { failed: true, body: JSON.stringify({ error: { code, kind, message, details, retryAfterMs } }) };
  }
}

/** @throws AppError the one that the responder threw */
export function bodyOf(answer: RpcAnswer): string {
  if (!answer.failed) return answer.body;
  const failure = Failure.safeParse(JSON.parse(answer.body));
  if (!failure.success) throw AppError.bug('rpc-malformed-answer', 'the responder failed without saying why');
  const { code, kind, message, details, retryAfterMs } = failure.data.error;
  throw new AppError(code, kind satisfies ErrorKind, message, {
    ...(details === undefined ? {} : { details }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

export function rpcTimeout(method: string, timeoutMs: number): AppError {
  return AppError.transient('rpc-timeout', `${method} did not answer within ${String(timeoutMs)} ms`);
}

export function rpcNoResponder(method: string, why: string): AppError {
  return AppError.transient('rpc-no-responder', `nobody answers ${method}: ${why}`);
}

/** To the caller the same as a timeout: whether the request was carried out is unknown. */
export function rpcAnswerLost(method: string): AppError {
  return AppError.transient('rpc-timeout', `the connection was lost before ${method} answered`);
}
