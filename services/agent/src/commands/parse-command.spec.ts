import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseCommandItem } from './parse-command.js';

const DEFAULTS = {
  agentKey: 'key-1',
  logicalAgentId: 'web',
  clientId: 'client-1',
  epoch: 3,
  nowMs: Date.UTC(2026, 0, 1),
};

describe('parseCommandItem', () => {
  it('reads the flat item of a version 4 server as a switch', () => {
    const item = {
      id: 'c1',
      target_mode: 'spot',
      target_pool_id: 't3.medium.us-east-1a',
      priority: 75,
      terminate_wait_seconds: 300,
    };
    expect(parseCommandItem(item, DEFAULTS)).toEqual({
      outcome: 'command',
      command: {
        commandId: 'c1',
        commandType: 'switch',
        agentKey: 'key-1',
        agentId: 'web',
        clientId: 'client-1',
        epoch: 3,
        priority: 75,
        targetMode: 'spot',
        targetPoolId: 't3.medium.us-east-1a',
        terminateWaitSeconds: 300,
        deadlineAt: '2026-01-01T00:30:00.000Z',
      },
    });
  });

  it('reads the documented item with nested parameters', () => {
    const item = {
      command_id: 'c1',
      command_type: 'switch',
      parameters: { target_mode: 'ondemand', target_pool_id: null, reason: 'risk' },
    };
    expect(parseCommandItem(item, DEFAULTS)).toMatchObject({
      outcome: 'command',
      command: { commandId: 'c1', targetMode: 'ondemand', targetPoolId: null },
    });
  });

  it.each([
    [
      {
        command_type: 'create_replica',
        replica_id: 'r1',
        target_mode: 'spot',
        target_pool_id: 'c5.large.us-east-1b',
      },
      { commandType: 'create_replica', replicaId: 'r1', poolId: 'c5.large.us-east-1b' },
    ],
    [
      {
        command_type: 'create_replica',
        parameters: { replicaId: 'r1', targetMode: 'spot', poolId: 'c5.large.us-east-1b' },
      },
      { commandType: 'create_replica', replicaId: 'r1', poolId: 'c5.large.us-east-1b' },
    ],
    [
      { command_type: 'quiesce', parameters: { switch_id: 's1' } },
      { commandType: 'quiesce', switchId: 's1' },
    ],
    [
      { command_type: 'promote', epoch: 9, switchId: 's1' },
      { commandType: 'promote', switchId: 's1', epoch: 9 },
    ],
    [
      { command_type: 'terminate_instance', instance_id: 'i-0abc1234def567890' },
      { commandType: 'terminate_instance', ec2InstanceId: 'i-0abc1234def567890' },
    ],
    [
      {
        command_type: 'terminate_replica',
        replica_id: 'r1',
        parameters: { ec2InstanceId: 'i-0abc1234def567890' },
      },
      { commandType: 'terminate_replica', replicaId: 'r1', ec2InstanceId: 'i-0abc1234def567890' },
    ],
  ])('reads %j', (item, expected) => {
    const parsed = parseCommandItem({ id: 'c1', deadline_at: '2026-01-01T00:01:00Z', ...item }, DEFAULTS);
    expect(parsed).toMatchObject({
      outcome: 'command',
      command: { ...expected, deadlineAt: '2026-01-01T00:01:00.000Z' },
    });
  });

  it('is addressed to this installation whatever the item says', () => {
    const parsed = parseCommandItem({ id: 'c1', agentKey: 'other', target_mode: 'spot' }, DEFAULTS);
    expect(parsed).toMatchObject({ command: { agentKey: 'key-1' } });
  });

  it('names the item that it cannot read', () => {
    expect(parseCommandItem({ id: 'c1', command_type: 'dance' }, DEFAULTS)).toMatchObject({
      outcome: 'unreadable',
      commandId: 'c1',
    });
    expect(parseCommandItem({ id: 'c1' }, DEFAULTS)).toMatchObject({
      outcome: 'unreadable',
      commandId: 'c1',
    });
    expect(parseCommandItem('nonsense', DEFAULTS)).toMatchObject({ outcome: 'unreadable', commandId: null });
  });

  it('answers for anything', () => {
    fc.assert(
      fc.property(fc.anything(), (item) => {
        expect(parseCommandItem(item, DEFAULTS).outcome).toMatch(/command|unreadable/);
      }),
      { seed: 20261121, numRuns: 300 },
    );
  });
});
