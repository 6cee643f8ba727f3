import { AsyncLocalStorage } from 'node:async_hooks';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import type { Ids } from '@spotopt/kernel';
import { Observable } from 'rxjs';

const storage = new AsyncLocalStorage<string>();

/** Runs `work` with `correlationId` in every log line that it writes, over all its awaits. */
export function withCorrelation<T>(correlationId: string, work: () => T): T {
  return storage.run(correlationId, work);
}

/** Correlation id of the message or request in work, if there is one. */
export function currentCorrelationId(): string | undefined {
  return storage.getStore();
}

function textAt(value: unknown, key: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const found: unknown = Reflect.get(value, key);
  return typeof found === 'string' && found !== '' ? found : undefined;
}

const REQUEST_ID = /^[\w.:-]{1,64}$/;

/** What the caller calls its HTTP request, if that is harmless to log; else a new id. */
export function correlationOfRequest(
  request: { readonly headers: Readonly<Record<string, unknown>> },
  ids: Ids,
): string {
  const id = textAt(request.headers, 'x-request-id');
  return id !== undefined && REQUEST_ID.test(id) ? id : ids.next();
}

/** Binds the correlation id of each message for the time of its handler. */
export class CorrelationInterceptor implements NestInterceptor {
  constructor(private readonly ids: Ids) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const correlationId = this.#correlationOf(context);
    return new Observable((subscriber) =>
      withCorrelation(correlationId, () => next.handle().subscribe(subscriber)),
    );
  }

  #correlationOf(context: ExecutionContext): string {
    const rpc = context.switchToRpc();
    const payload: unknown = rpc.getData();
    const sent = textAt(payload, 'correlation') ?? textAt(rpc.getContext(), 'correlationId');
    return sent ?? textAt(payload, 'id') ?? this.ids.next();
  }
}
