import { expect, test } from '@jest/globals';
import { GetQueueUrlCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { ManualClock } from '@spotopt/testkit';
import { parsePriceFile, recordedPriceBook } from '../prices/recorded-prices.js';
import { startRegion, type Setup } from '../running-simulator.contract.js';

async function eventsOf({ sqs }: Setup): Promise<{ 'detail-type': string; [name: string]: unknown }[]> {
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'notices' }));
  const answer = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
  return (answer.Messages ?? []).map(
    (message) => JSON.parse(message.Body ?? '') as { 'detail-type': string },
  );
}

/** What happened when, in seconds after the first entry's instant zero. */
function timeline({ simulator }: Setup, zeroMs: number): string[] {
  return simulator.region.timeline.after(0).map((entry) => `${(entry.atMs - zeroMs) / 1000} ${entry.event}`);
}

test('rebalance, notice and end come in their order and at their times', async () => {
  const setup = await startRegion();
  const zeroMs = setup.clock.nowMs();
  const id = await setup.launchRunning();
  setup.simulator.region.interrupt(id, { rebalanceFirst: true });
  await setup.clock.advance(600_000);
  expect(timeline(setup, zeroMs)).toEqual([
    '0 instance.pending',
    '40 instance.running',
    '40 notice.rebalance',
    '60 notice.interruption',
    '180 instance.shutting-down',
    '185 instance.terminated',
  ]);
  const events = await eventsOf(setup);
  expect(events.map((event) => [event['detail-type'], event['time']])).toEqual([
    ['EC2 Instance State-change Notification', '2026-03-01T12:00:00Z'],
    ['EC2 Spot Instance Request Fulfillment', '2026-03-01T12:00:00Z'],
    ['EC2 Instance State-change Notification', '2026-03-01T12:00:40Z'],
    ['EC2 Instance Rebalance Recommendation', '2026-03-01T12:00:40Z'],
    ['EC2 Spot Instance Interruption Warning', '2026-03-01T12:01:00Z'],
    ['EC2 Instance State-change Notification', '2026-03-01T12:03:00Z'],
    ['EC2 Instance State-change Notification', '2026-03-01T12:03:05Z'],
  ]);
  expect(events[4]).toEqual({
    version: '0',
    id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
    'detail-type': 'EC2 Spot Instance Interruption Warning',
    source: 'aws.ec2',
    account: '123456789012',
    time: '2026-03-01T12:01:00Z',
    region: 'us-east-1',
    resources: [`arn:aws:ec2:us-east-1:123456789012:instance/${id}`],
    detail: { 'instance-id': id, 'instance-action': 'terminate' },
  });
});

test('the outcome is the same when nobody looks for a long time', async () => {
  const setup = await startRegion();
  const zeroMs = setup.clock.nowMs();
  const id = await setup.launchRunning();
  setup.simulator.region.interrupt(id);
  const ended: string[] = [];
  setup.simulator.region.onInstanceGone((instance, atMs) => ended.push(`${instance.id} ${atMs - zeroMs}`));
  await setup.clock.advance(30 * 86_400_000);
  expect(ended).toEqual([`${id} 160000`]);
});

test('a second interruption and one of an instance that ended change nothing', async () => {
  const setup = await startRegion();
  const id = await setup.launchRunning();
  setup.simulator.region.interrupt(id);
  const [first] = setup.simulator.region.state().instances;
  await setup.clock.advance(30_000);
  setup.simulator.region.interrupt(id);
  expect(setup.simulator.region.state().instances[0]?.interruptionDeadlineAt).toBe(
    first?.interruptionDeadlineAt,
  );
  await setup.clock.advance(120_000);
  setup.simulator.region.interrupt(id);
  setup.simulator.region.recommendRebalance(id);
  const notices = setup.simulator.region.timeline
    .after(0)
    .filter((entry) => entry.event.startsWith('notice.'));
  expect(notices).toHaveLength(1);
});

test('an instance that its owner terminates has no notice and ends before the deadline', async () => {
  const setup = await startRegion();
  const id = await setup.launchRunning();
  setup.simulator.region.interrupt(id);
  setup.simulator.region.terminate(id);
  await setup.clock.advance(600_000);
  const [instance] = setup.simulator.region.state().instances;
  expect(instance).toMatchObject({
    state: 'terminated',
    endCause: 'user',
    terminatedAt: '2026-03-01T12:00:45.000Z',
  });
});

test('a maintenance event is an AWS Health event with its own form of times', async () => {
  const setup = await startRegion();
  const id = await setup.launchRunning();
  setup.simulator.region.scheduleMaintenance(id, { notBeforeMs: Date.parse('2026-03-15T09:00:43Z') });
  const health = (await eventsOf(setup)).find((event) => event['detail-type'] === 'AWS Health Event');
  expect(health).toMatchObject({
    source: 'aws.health',
    resources: [id],
    detail: {
      service: 'EC2',
      eventTypeCategory: 'scheduledChange',
      startTime: 'Sun, 15 Mar 2026 09:00:43 GMT',
      eventRegion: 'us-east-1',
      affectedEntities: [{ entityValue: id, tags: {} }],
    },
  });
});

test('a pool that is reclaimed notifies its spot instances and no others', async () => {
  const setup = await startRegion();
  const spot = await setup.launchRunning();
  await setup.launchRunning({ InstanceMarketOptions: undefined });
  await setup.launchRunning({ Placement: { AvailabilityZone: 'us-east-1b' } });
  setup.simulator.region.reclaimPool('t3.medium.us-east-1a');
  const noticed = setup.simulator.region
    .state()
    .instances.filter((one) => one.interruptionDeadlineAt !== null);
  expect(noticed.map((one) => one.id)).toEqual([spot]);
});

test('a price above the on-demand price takes the instance back', async () => {
  const csv = `timestamp,instance_type,az,spot_price
2015-03-12T00:00:00Z,r3.large,us-east-1a,0.05
2015-03-12T02:00:00Z,r3.large,us-east-1a,0.17`;
  const setup = await startRegion({
    prices: recordedPriceBook(parsePriceFile(csv, 'inline')),
    clock: new ManualClock(new Date('2015-03-12T00:00:00Z')),
  });
  await setup.launchRunning({ InstanceType: 'r3.large' });
  await setup.clock.advance(2 * 3_600_000 + 180_000);
  expect(setup.simulator.region.state().instances[0]).toMatchObject({
    state: 'terminated',
    endCause: 'by-price',
    interruptionDeadlineAt: '2015-03-12T02:02:00.000Z',
  });
});
