import { beforeEach, expect, test } from '@jest/globals';
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type Message,
  type ReceiveMessageCommandInput,
} from '@aws-sdk/client-sqs';
import { waitFor } from '@spotopt/testkit';
import { failureOf, startRegion, type Setup } from '../running-simulator.contract.js';

let setup: Setup;
let QueueUrl = '';

beforeEach(async () => {
  setup = await startRegion();
  const created = await setup.sqs.send(
    new CreateQueueCommand({ QueueName: 'work', Attributes: { VisibilityTimeout: '20' } }),
  );
  QueueUrl = created.QueueUrl ?? '';
});

async function send(MessageBody: string): Promise<void> {
  await setup.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
}

async function receive(input: Partial<ReceiveMessageCommandInput> = {}): Promise<Message[]> {
  const answer = await setup.sqs.send(new ReceiveMessageCommand({ QueueUrl, ...input }));
  return answer.Messages ?? [];
}

function bodies(messages: readonly Message[]): unknown {
  return messages.map((message) => message.Body);
}

test('a queue is found by name; an unknown one is an error', async () => {
  const found = await setup.sqs.send(new GetQueueUrlCommand({ QueueName: 'work' }));
  expect(found.QueueUrl).toBe(QueueUrl);
  const unknown = setup.sqs.send(new GetQueueUrlCommand({ QueueName: 'none' }));
  expect(await failureOf(unknown)).toEqual({ code: 'QueueDoesNotExist', status: 400 });
});

test('a message that is not deleted comes again after its visibility timeout, with a new handle', async () => {
  await send('one');
  const [first] = await receive();
  expect(await receive()).toEqual([]);
  await setup.clock.advance(20_000);
  const [second] = await receive({ MessageSystemAttributeNames: ['All'] });
  expect(second?.MessageId).toBe(first?.MessageId);
  expect(second?.ReceiptHandle).not.toBe(first?.ReceiptHandle);
  expect(second?.Attributes).toMatchObject({ ApproximateReceiveCount: '2' });
});

test('deleting ends a message; an old handle deletes nothing and is no error', async () => {
  await send('one');
  const [first] = await receive({ VisibilityTimeout: 0 });
  const [second] = await receive();
  await setup.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: first?.ReceiptHandle }));
  await setup.clock.advance(20_000);
  expect(bodies(await receive())).toEqual(['one']);
  await setup.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: second?.ReceiptHandle }));
  const [third] = await receive({ VisibilityTimeout: 0 });
  expect(third).toBeUndefined();
});

test('visibility can be prolonged and given back', async () => {
  await send('one');
  const [message] = await receive();
  const change = (VisibilityTimeout: number, ReceiptHandle = message?.ReceiptHandle): Promise<unknown> =>
    setup.sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout }));
  await change(60);
  await setup.clock.advance(59_999);
  expect(await receive()).toEqual([]);
  await change(0);
  expect(bodies(await receive())).toEqual(['one']);
  expect((await failureOf(change(0, 'unknown'))).code).toBe('MessageNotInflight');
});

test('at most so many at once, oldest first', async () => {
  for (const body of ['a', 'b', 'c']) await send(body);
  expect(bodies(await receive({ MaxNumberOfMessages: 2 }))).toEqual(['a', 'b']);
  expect(bodies(await receive({ MaxNumberOfMessages: 10 }))).toEqual(['c']);
  expect((await failureOf(receive({ MaxNumberOfMessages: 11 }))).code).toBe('InvalidParameterValue');
});

test('a waiting receive gets a message that comes later', async () => {
  const received = receive({ WaitTimeSeconds: 20 });
  await waitFor(() => setup.simulator.region.state().calls['ReceiveMessage'] === 1, { what: 'the receive' });
  await send('late');
  expect(bodies(await received)).toEqual(['late']);
});

test('a waiting receive ends empty when its time on the clock is over', async () => {
  const received = receive({ WaitTimeSeconds: 20 });
  await waitFor(() => setup.simulator.region.state().calls['ReceiveMessage'] === 1, { what: 'the receive' });
  await setup.clock.advance(20_000);
  expect(await received).toEqual([]);
});

test('counts and purge', async () => {
  for (const body of ['a', 'b', 'c']) await send(body);
  await receive();
  const counts = async (): Promise<unknown> => {
    const answer = await setup.sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
    const { ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible } = answer.Attributes ?? {};
    return [ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible];
  };
  expect(await counts()).toEqual(['2', '1']);
  await setup.sqs.send(new PurgeQueueCommand({ QueueUrl }));
  expect(await counts()).toEqual(['0', '0']);
});

test('the duplicate fault delivers a message twice, and counts that it did', async () => {
  const fault = setup.simulator.region.faults.add({ kind: 'duplicate', times: 1 });
  await send('a');
  await send('b');
  const messages = await receive({ MaxNumberOfMessages: 10 });
  expect(bodies(messages)).toEqual(['a', 'a', 'b']);
  expect(messages[0]?.MessageId).toBe(messages[1]?.MessageId);
  expect(messages[0]?.ReceiptHandle).not.toBe(messages[1]?.ReceiptHandle);
  expect(fault.fired).toBe(1);
});

test('the reorder fault changes the order and loses nothing', async () => {
  setup.simulator.region.faults.add({ kind: 'reorder' });
  const sent = Array.from({ length: 10 }, (_, index) => `m${index}`);
  for (const body of sent) await send(body);
  const received = bodies(await receive({ MaxNumberOfMessages: 10 }));
  expect(received).not.toEqual(sent);
  expect([...(received as string[])].sort()).toEqual(sent);
});
