import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AgentCommand } from '@spotopt/contracts';
import { SystemClock } from '@spotopt/kernel';
import { MemoryAttemptStore, RabbitMessageBus, silentLogger } from '@spotopt/messaging';
import type { Delivery } from '@spotopt/messaging';
import { rabbitUrl, recordingLogger, removeTopology, waitFor } from '@spotopt/testkit';
import { BusCommandBell } from './command-bell.client.js';

const clock = new SystemClock();
const prefix = `bell-${String(process.pid)}-${clock.nowMs().toString(36)}`;
const KEY = 'key-1';

let bus: RabbitMessageBus;

beforeAll(async () => {
  bus = await RabbitMessageBus.connect({
    url: rabbitUrl(),
    clock,
    attempts: new MemoryAttemptStore(),
    logger: silentLogger,
    prefix,
  });
});

afterAll(async () => {
  await bus.deleteQueue(`agent.${KEY}.commands`);
  await bus.close(0);
  await removeTopology(rabbitUrl(), prefix, []);
});

function command(commandId: string, validMs = 60_000): AgentCommand {
  return {
    commandId,
    agentKey: KEY,
    agentId: 'workload-1',
    clientId: 'client-1',
    epoch: 1,
    priority: 100,
    deadlineAt: new Date(clock.nowMs() + validMs).toISOString(),
    commandType: 'promote',
    switchId: 'switch-1',
  };
}

describe('BusCommandBell on RabbitMQ', () => {
  it('makes the queue when it is not there, and keeps the command until its agent listens', async () => {
    const log = recordingLogger();
    const bell = new BusCommandBell({ bus, clock, log });
    const heard: Delivery[] = [];
    await bell.ring(command('too-late', -1));
    await bell.ring(command('first'));
    await bell.prepare(KEY);
    await bell.ring(command('second'));
    const settings = {
      queue: bell.queueOf(KEY),
      kind: 'agent' as const,
      bindings: [{ exchange: 'spotopt.commands' as const, routingKey: KEY }],
    };
    const subscription = await bus.subscribe(settings, async (delivery) => {
      heard.push(delivery);
      return Promise.resolve();
    });
    await waitFor(() => heard.length === 2, { what: 'both commands' });
    expect(heard.map(({ messageId }) => messageId)).toEqual(['first', 'second']);
    expect(JSON.parse(heard[0]?.body ?? '')).toMatchObject({ commandType: 'promote', agentKey: KEY });
    expect(log.messages('warn')).toEqual([]);
    await subscription.cancel();
  });
});
