import { describe, expect, test } from '@jest/globals';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { SequenceIds } from '@spotopt/testkit';
import { firstValueFrom, of, switchMap, timer } from 'rxjs';
import { correlationOfRequest, CorrelationInterceptor, currentCorrelationId } from './correlation.js';

/** The id that a handler sees, also after it waited. */
async function seenBy(...args: unknown[]): Promise<string | undefined> {
  const context = new ExecutionContextHost(args);
  context.setType('rpc');
  const handler = { handle: () => timer(1).pipe(switchMap(() => of(currentCorrelationId()))) };
  const result = await firstValueFrom(
    new CorrelationInterceptor(new SequenceIds()).intercept(context, handler),
  );
  return result as string | undefined;
}

describe('CorrelationInterceptor', () => {
  test('an event hands on its correlation, else its own id', async () => {
    expect(await seenBy({ id: 'event-1', correlation: 'incident-1' }, {})).toBe('incident-1');
    expect(await seenBy({ id: 'event-1' }, {})).toBe('event-1');
  });

  test('a request over the bus brings its correlation beside it', async () => {
    expect(await seenBy({ agentId: 'a' }, { correlationId: 'call-1' })).toBe('call-1');
  });

  test('a message that names nothing gets a new one', async () => {
    expect(await seenBy({}, {})).toBe(new SequenceIds().next());
  });
});

describe('an HTTP request', () => {
  const named = (headers: Record<string, string>): string =>
    correlationOfRequest({ headers }, new SequenceIds());

  test('is named by its caller', () => {
    expect(named({ 'x-request-id': 'req-7' })).toBe('req-7');
  });

  test('without a name, or with one that must not go into a log, gets a new one', () => {
    const fresh = new SequenceIds().next();
    expect(named({})).toBe(fresh);
    expect(named({ 'x-request-id': 'a b\n{"level":"info"}' })).toBe(fresh);
  });
});
