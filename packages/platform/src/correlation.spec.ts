import { describe, expect, test } from '@jest/globals';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { SequenceIds } from '@spotopt/testkit';
import { firstValueFrom, of, switchMap, timer } from 'rxjs';
import { CorrelationInterceptor, currentCorrelationId } from './correlation.js';

type Kind = 'http' | 'rpc';

/** The id that a handler sees, also after it waited. */
async function seenBy(kind: Kind, ...args: unknown[]): Promise<string | undefined> {
  const context = new ExecutionContextHost(args);
  context.setType<Kind>(kind);
  const handler = { handle: () => timer(1).pipe(switchMap(() => of(currentCorrelationId()))) };
  const result = await firstValueFrom(
    new CorrelationInterceptor(new SequenceIds()).intercept(context, handler),
  );
  return result as string | undefined;
}

describe('CorrelationInterceptor', () => {
  test('an event hands on its correlation, else its own id', async () => {
    expect(await seenBy('rpc', { id: 'event-1', correlation: 'incident-1' }, {})).toBe('incident-1');
    expect(await seenBy('rpc', { id: 'event-1' }, {})).toBe('event-1');
  });

  test('a request over the bus brings its correlation beside it', async () => {
    expect(await seenBy('rpc', { agentId: 'a' }, { correlationId: 'call-1' })).toBe('call-1');
  });

  test('an HTTP request is named by its caller', async () => {
    expect(await seenBy('http', { headers: { 'x-request-id': 'req-7' } })).toBe('req-7');
  });

  test('an HTTP request without a name, or with one that must not go into a log, gets a new one', async () => {
    const fresh = new SequenceIds().next();
    expect(await seenBy('http', { headers: {} })).toBe(fresh);
    expect(await seenBy('http', { headers: { 'x-request-id': 'a b\n{"level":"info"}' } })).toBe(fresh);
    expect(await seenBy('rpc', {}, {})).toBe(fresh);
  });
});
