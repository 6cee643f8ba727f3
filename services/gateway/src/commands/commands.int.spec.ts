import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  CommandCompletedV1,
  CommandExpiredV1,
  CommandPriority,
  CommandQueuedV1,
  CommandRequestedV1,
  RequestSwitch,
} from '@spotopt/contracts';
import type { AgentCommand, EventDefinition, RpcRequest } from '@spotopt/contracts';
import { UlidIds } from '@spotopt/kernel';
import type { Delivery } from '@spotopt/messaging';
import { ManualClock, databaseDialects, waitFor } from '@spotopt/testkit';
import { GatewayHarness } from '../gateway-harness.contract.js';
import type { HttpAnswer } from '../gateway-harness.contract.js';

const ids = new UlidIds();
const MINUTE_MS = 60_000;

describe.each(databaseDialects())('commands on %s', (dialect) => {
  const clock = new ManualClock();
  let gateway: GatewayHarness;
  let client: { id: string; token: string };

  beforeAll(async () => {
    gateway = await GatewayHarness.start({ dialect, clock });
    client = await gateway.createClient('acme');
  });

  afterAll(async () => {
    await gateway.stop();
  });

  afterEach(() => {
    gateway.agents.clear();
  });

  function common(agentKey: string, validMs = 10 * MINUTE_MS) {
    return {
      commandId: ids.next(),
      agentKey,
      agentId: `workload-of-${agentKey}`,
      clientId: client.id,
      epoch: 3,
      priority: CommandPriority.model as number,
      deadlineAt: new Date(clock.nowMs() + validMs).toISOString(),
      correlation: 'story-1',
    };
  }

  function switchCommand(agentKey: string, more: { priority?: number; validMs?: number } = {}): AgentCommand {
    return {
      ...common(agentKey, more.validMs),
      ...(more.priority === undefined ? {} : { priority: more.priority }),
      commandType: 'switch',
      targetMode: 'spot',
      targetPoolId: 't3.medium.us-east-1b',
      terminateWaitSeconds: 300,
    };
  }

  async function request(command: AgentCommand, id?: string): Promise<string> {
    return gateway.publish(CommandRequestedV1, {
      subject: command.agentId,
      data: { command },
      ...(id === undefined ? {} : { id }),
    });
  }

  async function pending(agentKey: string): Promise<Record<string, unknown>[]> {
    const { status, body } = await gateway.call('GET', `/api/agents/${agentKey}/pending-commands`, {
      token: client.token,
    });
    expect(status).toBe(200);
    return body['commands'] as Record<string, unknown>[];
  }

  async function executed(agentKey: string, commandId: string, body: unknown): Promise<HttpAnswer> {
    return gateway.call('POST', `/api/agents/${agentKey}/commands/${commandId}/executed`, {
      token: client.token,
      body,
    });
  }

  function told<D extends EventDefinition>(
    definition: D,
    { commandId }: AgentCommand,
  ): Record<string, unknown>[] {
    return gateway.dataOf(definition).filter((data) => data['commandId'] === commandId);
  }

  async function toldOnce<D extends EventDefinition>(
    definition: D,
    command: AgentCommand,
  ): Promise<Record<string, unknown>> {
    await waitFor(() => told(definition, command).length > 0, { what: definition.type });
    expect(told(definition, command)).toHaveLength(1);
    return told(definition, command)[0] ?? {};
  }

  it('gives a command out in both spellings, without a null where agents compare numbers', async () => {
    const key = ids.next();
    gateway.addAgent(client.id, key);
    const command = switchCommand(key);
    await request(command);
    const [item] = await pending(key);
    expect(item).toMatchObject({
      id: command.commandId,
      command_id: command.commandId,
      command_type: 'switch',
      target_mode: 'spot',
      target_pool_id: 't3.medium.us-east-1b',
      terminate_wait_seconds: 300,
      priority: 25,
      epoch: 3,
      parameters: {
        target_mode: 'spot',
        target_pool_id: 't3.medium.us-east-1b',
        terminate_wait_seconds: 300,
      },
    });
    expect(await toldOnce(CommandQueuedV1, command)).toMatchObject({ agentKey: key, priority: 25 });
    const beat = await gateway.call('POST', `/api/agents/${key}/heartbeat`, {
      token: client.token,
      body: {},
    });
    expect(beat.body).toMatchObject({ has_pending_commands: true });
  });

  it('orders by priority, then by age', async () => {
    const key = ids.next();
    gateway.addAgent(client.id, key);
    const [old, urgent, young] = [
      switchCommand(key),
      switchCommand(key, { priority: 100 }),
      switchCommand(key),
    ];
    for (const command of [old, urgent, young]) {
      await request(command);
      await clock.advance(1_000);
    }
    const order = (await pending(key)).map(({ id }) => id);
    expect(order).toEqual([urgent, old, young].map(({ commandId }) => commandId));
  });

  it('stores a command once, however often it is asked for', async () => {
    const key = ids.next();
    gateway.addAgent(client.id, key);
    const command = switchCommand(key);
    const eventId = await request(command);
    await request(command, eventId);
    await request(command);
    expect(await pending(key)).toHaveLength(1);
    await toldOnce(CommandQueuedV1, command);
  });

  it('rings the queue of the agent with the command as it is', async () => {
    const key = ids.next();
    const heard: Delivery[] = [];
    const subscription = await gateway.outside.subscribe(
      {
        queue: `agent.${key}.commands`,
        kind: 'agent',
        bindings: [{ exchange: 'spotopt.commands', routingKey: key }],
      },
      async (delivery) => {
        heard.push(delivery);
        return Promise.resolve();
      },
    );
    const command: AgentCommand = { ...common(key), commandType: 'promote', switchId: 'switch-1' };
    await request(command);
    await waitFor(() => heard.length === 1, { what: 'the bell' });
    expect(heard[0]?.messageId).toBe(command.commandId);
    expect(JSON.parse(heard[0]?.body ?? '')).toEqual(command);
    await subscription.cancel();
  });

  it('withholds what only an enabled primary does, and delivers what was addressed to a standby', async () => {
    const key = ids.next();
    gateway.addAgent(client.id, key, { role: 'REPLICA', enabled: false });
    const promote: AgentCommand = { ...common(key), commandType: 'promote', switchId: 'switch-1' };
    await request(switchCommand(key));
    await request(promote);
    expect((await pending(key)).map(({ id }) => id)).toEqual([promote.commandId]);
  });

  it('gives an agent only what it understands', async () => {
    const key = ids.next();
    gateway.addAgent(client.id, key, { commandTypes: ['switch'] });
    const understood = switchCommand(key);
    await request({ ...common(key), commandType: 'quiesce', switchId: 'switch-1' });
    await request(understood);
    expect((await pending(key)).map(({ id }) => id)).toEqual([understood.commandId]);
  });

  it('takes the first word on the end of a command, and repeats it', async () => {
    const key = ids.next();
    gateway.addAgent(client.id, key);
    const command = switchCommand(key);
    await request(command);
    const result = { servingSince: '2026-11-21T12:00:00.000Z' };
    const first = await executed(key, command.commandId, { success: true, message: 'done', result });
    const second = await executed(key, command.commandId, { success: false, message: 'no' });
    expect([first.status, second.status]).toEqual([200, 200]);
    expect([first.body['status'], second.body['status']]).toEqual(['completed', 'completed']);
    expect(await toldOnce(CommandCompletedV1, command)).toMatchObject({
      success: true,
      message: 'done',
      result,
    });
    expect(await pending(key)).toEqual([]);
  });

  it('takes the outcome of an agent that sends none', async () => {
    const key = ids.next();
    gateway.addAgent(client.id, key);
    const command = switchCommand(key);
    await request(command);
    const answer = await gateway.call('POST', `/api/agents/${key}/mark-command-executed`, {
      token: client.token,
      body: { command_id: command.commandId },
    });
    expect(answer.body).toMatchObject({ success: true, status: 'completed' });
  });

  it('does not know the command of another workload', async () => {
    const [key, foreign] = [ids.next(), ids.next()];
    gateway.addAgent(client.id, key);
    gateway.addAgent(client.id, foreign);
    const command = switchCommand(foreign);
    await request(command);
    const answer = await executed(key, command.commandId, { success: true });
    const missing = await executed(key, 'none', { success: true });
    expect(answer.status).toBe(404);
    expect(answer.text).toBe(missing.text);
  });

  it('expires what nobody did in time, and still records what came late', async () => {
    const key = ids.next();
    gateway.addAgent(client.id, key);
    const command = switchCommand(key, { validMs: MINUTE_MS });
    await request(command);
    await clock.advance(MINUTE_MS);
    expect(await pending(key)).toEqual([]);
    await waitFor(
      async () => {
        await clock.advance(1_000);
        return told(CommandExpiredV1, command).length > 0;
      },
      { what: 'the sweep' },
    );
    const late = await executed(key, command.commandId, { success: false, error: 'no capacity' });
    expect(late.body).toMatchObject({ status: 'failed' });
    expect(await toldOnce(CommandCompletedV1, command)).toMatchObject({
      success: false,
      message: 'no capacity',
    });
  });

  it('gives a switch out no more once the agent reported it', async () => {
    const key = ids.next();
    gateway.addAgent(client.id, key);
    const command = switchCommand(key);
    await request(command);
    expect(await pending(key)).toHaveLength(1);
    const report = await gateway.call('POST', `/api/agents/${key}/switch-report`, {
      token: client.token,
      body: { old_instance: { instance_id: 'i-0old1111' }, new_instance: { instance_id: 'i-0new2222' } },
    });
    expect(report.status).toBe(200);
    expect(await pending(key)).toEqual([]);
    const done = await executed(key, command.commandId, { success: true });
    expect(done.body).toMatchObject({ status: 'completed' });
  });
});

describe('a manual switch', () => {
  let gateway: GatewayHarness;
  let client: { id: string; token: string };
  const asked: RpcRequest<typeof RequestSwitch>[] = [];
  let refuse: { code: string; reason: string } | undefined;

  beforeAll(async () => {
    gateway = await GatewayHarness.start();
    client = await gateway.createClient('acme');
    await gateway.answer(RequestSwitch, (request) => {
      asked.push(request);
      return refuse === undefined
        ? { outcome: 'started' as const, switchId: 'switch-1' }
        : { outcome: 'refused' as const, ...refuse };
    });
  });

  afterAll(async () => {
    await gateway.stop();
  });

  const ISSUE = '/api/agents/key-1/issue-switch-command';
  const pool = 't3.medium.us-east-1b';

  it.each([
    [ISSUE, { target_mode: 'on-demand' }, { targetMode: 'ondemand', targetPoolId: null, trigger: 'manual' }],
    [
      '/api/client/agents/key-1/switch',
      { target_mode: 'spot', target_pool_id: pool },
      { targetMode: 'spot', targetPoolId: pool, trigger: 'manual' },
    ],
    [
      ISSUE,
      { target_pool: pool, trigger: 'model' },
      { targetMode: 'spot', targetPoolId: pool, trigger: 'model' },
    ],
  ])('at %s with %j starts', async (path, body, expected) => {
    refuse = undefined;
    const answer = await gateway.call('POST', path, { token: client.token, body });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      success: true,
      command_id: 'switch-1',
      target_mode: expected.targetMode,
    });
    expect(asked.at(-1)).toMatchObject({ clientId: client.id, agentRef: 'key-1', ...expected });
  });

  it('is answered with 200 and the reason when it is refused, because agents read nothing else', async () => {
    refuse = { code: 'already-there', reason: 'the workload is on this pool' };
    const answer = await gateway.call('POST', '/api/agents/key-1/issue-switch-command', {
      token: client.token,
      body: { target_mode: 'ondemand' },
    });
    expect(answer).toMatchObject({
      status: 200,
      body: { success: false, message: 'the workload is on this pool' },
    });
    refuse = { code: 'agent-not-found', reason: 'none' };
    const foreign = await gateway.call('POST', '/api/agents/key-1/issue-switch-command', {
      token: client.token,
      body: { target_mode: 'ondemand' },
    });
    expect(foreign.status).toBe(404);
  });

  it.each([
    [{ target_mode: 'moon' }, 'target_mode'],
    [{}, 'target_mode'],
    [{ target_mode: 'spot', target_pool_id: 'pool_456' }, 'target_pool_id'],
  ])('is refused as %j', async (body, field) => {
    const answer = await gateway.call('POST', '/api/agents/key-1/issue-switch-command', {
      token: client.token,
      body,
    });
    expect(answer.status).toBe(400);
    expect(answer.body['error']).toContain(field);
  });
});
