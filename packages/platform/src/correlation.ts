import { AsyncLocalStorage } from 'node:async_hooks';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
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

function correlationOf(context: ExecutionContext): string | undefined {
  if (context.getType() === 'http') {
    const request: unknown = context.switchToHttp().getRequest();
    return textAt(request, 'correlationId') ?? textAt(request, 'id');
  }
  const rpc = context.switchToRpc();
  const payload: unknown = rpc.getData();
  return textAt(payload, 'correlation') ?? textAt(rpc.getContext(), 'correlationId') ?? textAt(payload, 'id');
}

/** Binds the correlation id of each message and HTTP request for the time of its handler. */
export class CorrelationInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const correlationId = correlationOf(context);
    if (correlationId === undefined) return next.handle();
    return new Observable((subscriber) =>
      withCorrelation(correlationId, () => next.handle().subscribe(subscriber)),
    );
  }
}
