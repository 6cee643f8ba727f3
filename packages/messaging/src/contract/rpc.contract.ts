import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AppError } from '@spotopt/kernel';
import { waitFor } from '@spotopt/testkit';
import type { MessageBus } from '../message-bus.js';
import { Gate, uniqueName } from './bus-harness.contract.js';
import type { BusHarness, BusHarnessFactory } from './bus-harness.contract.js';

/** Requests and their answers. */
export function rpcContract(factory: BusHarnessFactory): void {
  describe('request and answer', () => {
    let harness: BusHarness;
    let caller: MessageBus;
    let owner: MessageBus;
    let method: string;

    beforeEach(async () => {
      harness = await factory.open();
      caller = await harness.connect();
      owner = await harness.connect();
      method = uniqueName('fleet.ask');
    });

    afterEach(async () => {
      await harness.dispose();
    });

    function ask(body: string, timeoutMs = 5_000): Promise<string> {
      return caller.request({ method, body, timeoutMs, correlationId: 'incident-1' });
    }

    it('answers each request with its own answer', async () => {
      await owner.respond(method, (body, correlationId) =>
        Promise.resolve(JSON.stringify({ body, correlationId })),
      );
      const answers = await Promise.all(['1', '2', '3'].map((body) => ask(body)));
      expect(answers.map((answer) => JSON.parse(answer) as unknown)).toEqual(
        ['1', '2', '3'].map((body) => ({ body, correlationId: 'incident-1' })),
      );
    });

    it('hands the error of the responder to the caller', async () => {
      await owner.respond(method, () =>
        Promise.reject(
          AppError.permanent('agent-not-found', 'no such agent', { details: { agentId: 'a-1' } }),
        ),
      );
      await expect(ask('{}')).rejects.toMatchObject({
        name: 'AppError',
        code: 'agent-not-found',
        kind: 'permanent',
        message: 'no such agent',
        details: { agentId: 'a-1' },
      });
    });

    it('does not take an answer that looks like an error for one', async () => {
      const body = JSON.stringify({ error: { code: 'x', kind: 'bug', message: 'y' } });
      await owner.respond(method, () => Promise.resolve(body));
      await expect(ask('{}')).resolves.toBe(body);
    });

    it('gives up after the timeout and is not confused by the late answer', async () => {
      const gate = new Gate();
      await owner.respond(method, async (body) => {
        if (body === 'slow') await gate.pass();
        return body;
      });
      await expect(ask('slow', 100)).rejects.toMatchObject({ code: 'rpc-timeout', kind: 'transient' });
      gate.open();
      await expect(ask('fast')).resolves.toBe('fast');
    });

    it('says at once that nobody answers', async () => {
      const refused = { code: 'rpc-no-responder', kind: 'transient' };
      await expect(ask('{}')).rejects.toMatchObject(refused);
      const subscription = await owner.respond(method, (body) => Promise.resolve(body));
      await expect(ask('1')).resolves.toBe('1');
      await subscription.cancel();
      await expect(ask('2')).rejects.toMatchObject(refused);
      await subscription.resume();
      await expect(ask('3')).resolves.toBe('3');
    });

    it('shares requests among the processes of a service, and answers what it took before it closes', async () => {
      const second = await harness.connect();
      const gate = new Gate();
      const answeredBy: string[] = [];
      const responder = (name: string) => async (body: string) => {
        answeredBy.push(name);
        await gate.pass();
        return body;
      };
      await owner.respond(method, responder('first'));
      await second.respond(method, responder('second'));
      const answers = Promise.all(Array.from({ length: 10 }, (_, n) => ask(String(n))));
      await waitFor(() => answeredBy.length === 10, { what: 'all requests to arrive' });
      const closed = owner.close(10_000);
      gate.open();
      await closed;
      await expect(answers).resolves.toHaveLength(10);
      expect(new Set(answeredBy)).toEqual(new Set(['first', 'second']));
      await expect(ask('after')).resolves.toBe('after');
    });
  });
}
