import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Ec2Connection, Ec2Instances, SqsConnection, SqsNoticeQueue } from '@spotopt/cloud';
import type { ReceivedNotice } from '@spotopt/cloud';
import type { Simulator } from '@spotopt/simulator';
import { waitFor } from '@spotopt/testkit';
import { settingsFor, startSimulatedAws } from '../testing/simulated-aws.contract.js';

let simulator: Simulator;
let ec2: Ec2Connection;
let sqs: SqsConnection;
let queue: SqsNoticeQueue;

beforeAll(async () => {
  simulator = await startSimulatedAws();
  ec2 = new Ec2Connection(settingsFor(simulator));
  sqs = new SqsConnection(settingsFor(simulator));
  queue = new SqsNoticeQueue(sqs, simulator.noticeQueueUrl);
});

afterAll(async () => {
  await ec2.close();
  await sqs.close();
  await simulator.stop();
});

async function drain(until: (notices: readonly ReceivedNotice[]) => boolean): Promise<ReceivedNotice[]> {
  const received: ReceivedNotice[] = [];
  await waitFor(
    async () => {
      const batch = await queue.receive({ waitSeconds: 1 });
      received.push(...batch);
      for (const { receipt } of batch) await queue.delete(receipt);
      return until(received);
    },
    { what: 'the notices' },
  );
  return received;
}

describe('SqsNoticeQueue', () => {
  it('receives what happens to an instance, typed, and deletes it', async () => {
    const { ec2InstanceId } = await new Ec2Instances(ec2).launch({
      clientToken: 'noticed',
      instanceType: 't3.medium',
      az: 'us-east-1a',
      market: 'spot',
      imageId: 'ami-0123456789abcdef0',
      tags: {},
    });
    simulator.region.interrupt(ec2InstanceId, { rebalanceFirst: true, rebalanceLeadMs: 0 });
    simulator.region.scheduleMaintenance(ec2InstanceId);
    const kinds = (notices: readonly ReceivedNotice[]): string[] => notices.map(({ notice }) => notice.kind);
    const received = await drain((notices) => kinds(notices).includes('scheduled-change'));
    expect(kinds(received)).toEqual(
      expect.arrayContaining([
        'state-change',
        'spot-fulfilled',
        'rebalance-recommendation',
        'interruption-warning',
        'scheduled-change',
      ]),
    );
    expect(kinds(received)).not.toContain('malformed');
    const warning = received.find(({ notice }) => notice.kind === 'interruption-warning');
    expect(warning?.notice).toMatchObject({ ec2InstanceId, action: 'terminate', region: 'us-east-1' });
    await waitFor(async () => (await drain(() => true)).length === 0, { what: 'an empty queue' });
    await queue.delete(received[0]?.receipt ?? '');
  });

  it('stops waiting when told to', async () => {
    const abort = new AbortController();
    const waiting = queue.receive({ waitSeconds: 20, signal: abort.signal });
    abort.abort();
    await expect(waiting).resolves.toEqual([]);
  });

  it('says that the queue does not exist', async () => {
    const other = new SqsNoticeQueue(sqs, `${simulator.noticeQueueUrl}-other`);
    await expect(other.receive({ waitSeconds: 0 })).rejects.toMatchObject({ code: 'queue-not-found' });
  });
});
