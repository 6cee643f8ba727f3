import { describe, expect, it } from '@jest/globals';
import type { Envelope, ResolvedAgent } from '@spotopt/contracts';
import { AppError } from '@spotopt/kernel';
import { ManualClock, SequenceIds, recordingLogger } from '@spotopt/testkit';
import { DirectEvents } from '../ports.js';
import { HeartbeatBuffer } from './heartbeat-buffer.js';
import type { Beat } from './ports.js';

class Sent extends DirectEvents {
  readonly batches: { agentKey: string; status: string }[][] = [];
  down = false;

  override async publish(event: Envelope): Promise<void> {
    await Promise.resolve();
    if (this.down) throw AppError.transient('publish-unconfirmed', 'down');
    this.batches.push((event.data as { beats: { agentKey: string; status: string }[] }).beats);
  }
}

const BEAT: Beat = {
  status: 'online',
  ec2InstanceId: 'i-0abc1234',
  mode: 'spot',
  epoch: null,
  serving: null,
};

function agent(agentKey: string): ResolvedAgent {
  return {
    agentKey,
    agentId: `workload-of-${agentKey}`,
    clientId: 'client-1',
    logicalAgentId: agentKey,
    ec2InstanceId: null,
    role: 'PRIMARY',
    enabled: true,
    epoch: 1,
    commandTypes: [],
  };
}

function setUp(): {
  clock: ManualClock;
  sent: Sent;
  buffer: HeartbeatBuffer;
  log: ReturnType<typeof recordingLogger>;
} {
  const clock = new ManualClock();
  const sent = new Sent();
  const log = recordingLogger();
  const buffer = new HeartbeatBuffer({ events: sent, clock, ids: new SequenceIds(), log, random: () => 0.5 });
  buffer.start();
  return { clock, sent, buffer, log };
}

describe('HeartbeatBuffer', () => {
  it('sends what came in a second as one batch, the last word of each agent', async () => {
    const { clock, sent, buffer } = setUp();
    await clock.advance(10);
    buffer.add(agent('a'), BEAT);
    buffer.add(agent('b'), BEAT);
    buffer.add(agent('a'), { ...BEAT, status: 'offline' });
    expect(sent.batches).toEqual([]);
    await clock.advance(1_000);
    expect(sent.batches.map((batch) => batch.map(({ agentKey, status }) => [agentKey, status]))).toEqual([
      [
        ['b', 'online'],
        ['a', 'offline'],
      ],
    ]);
    await buffer.stop();
  });

  it('sends a full batch at once, and the rest when it stops', async () => {
    const { clock, sent, buffer } = setUp();
    await clock.advance(10);
    for (let number = 0; number < 200; number += 1) buffer.add(agent(`a${String(number)}`), BEAT);
    await clock.advance(1);
    expect(sent.batches.map((batch) => batch.length)).toEqual([200]);
    buffer.add(agent('last'), BEAT);
    await buffer.stop();
    expect(sent.batches.map((batch) => batch.length)).toEqual([200, 1]);
  });

  it('goes on after a batch that the broker did not take', async () => {
    const { clock, sent, buffer, log } = setUp();
    sent.down = true;
    buffer.add(agent('a'), BEAT);
    await clock.advance(1_100);
    expect(log.messages('warn')).toEqual(['a batch of heartbeats was lost']);
    sent.down = false;
    buffer.add(agent('a'), BEAT);
    await clock.advance(2_000);
    expect(sent.batches).toHaveLength(1);
    await buffer.stop();
  });
});
