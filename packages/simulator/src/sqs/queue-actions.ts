import { z } from 'zod';
import { awsError } from '../aws/aws-error.js';
import type { SimulatedRegion } from '../region/simulated-region.js';
import type { Message, Queue } from './queue.js';

export interface SqsCall {
  readonly region: SimulatedRegion;
  /** `http://host:port` that the client used, for the queue URLs in answers. */
  readonly origin: string;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
}

type Answer = Record<string, unknown>;
type SqsAction = (input: unknown, call: SqsCall) => Answer | Promise<Answer>;

function parsed<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw awsError('InvalidParameterValue', z.prettifyError(result.error));
}

const seconds = (most: number): z.ZodType<number> => z.coerce.number().int().min(0).max(most);
const ofQueue = z.object({ QueueUrl: z.string().min(1) });

function urlOf(call: SqsCall, name: string): string {
  return `${call.origin}/${call.region.account}/${name}`;
}

function queueOf(input: { readonly QueueUrl: string }, call: SqsCall): Queue {
  return call.region.queues.get(input.QueueUrl.split('/').at(-1) ?? '');
}

const attributes = z
  .object({
    VisibilityTimeout: seconds(43_200).optional(),
    MessageRetentionPeriod: seconds(1_209_600).optional(),
    ReceiveMessageWaitTimeSeconds: seconds(20).optional(),
  })
  .default({});

const createQueue: SqsAction = (input, call) => {
  const { QueueName, Attributes } = parsed(
    z.object({ QueueName: z.string().regex(/^[A-Za-z0-9_-]{1,80}$/), Attributes: attributes }),
    input,
  );
  call.region.queues.create(QueueName, settingsOf(Attributes));
  return { QueueUrl: urlOf(call, QueueName) };
};

function settingsOf(given: z.output<typeof attributes>): Partial<Queue['settings']> {
  const { VisibilityTimeout, MessageRetentionPeriod, ReceiveMessageWaitTimeSeconds } = given;
  return {
    ...(VisibilityTimeout === undefined ? {} : { visibilityTimeoutMs: VisibilityTimeout * 1000 }),
    ...(MessageRetentionPeriod === undefined ? {} : { retentionMs: MessageRetentionPeriod * 1000 }),
    ...(ReceiveMessageWaitTimeSeconds === undefined
      ? {}
      : { receiveWaitMs: ReceiveMessageWaitTimeSeconds * 1000 }),
  };
}

const setQueueAttributes: SqsAction = (input, call) => {
  const request = parsed(ofQueue.extend({ Attributes: attributes }), input);
  const queue = queueOf(request, call);
  queue.settings = { ...queue.settings, ...settingsOf(request.Attributes) };
  return {};
};

const deleteQueue: SqsAction = (input, call) => {
  call.region.queues.delete(queueOf(parsed(ofQueue, input), call).name);
  return {};
};

const listQueues: SqsAction = (input, call) => {
  const { QueueNamePrefix } = parsed(z.object({ QueueNamePrefix: z.string().default('') }), input);
  const names = call.region.queues.all().map((queue) => queue.name);
  return {
    QueueUrls: names.filter((name) => name.startsWith(QueueNamePrefix)).map((name) => urlOf(call, name)),
  };
};

const getQueueUrl: SqsAction = (input, call) => {
  const { QueueName } = parsed(z.object({ QueueName: z.string() }), input);
  return { QueueUrl: urlOf(call, call.region.queues.get(QueueName).name) };
};

const getQueueAttributes: SqsAction = (input, call) => {
  const request = parsed(ofQueue.extend({ AttributeNames: z.array(z.string()).default([]) }), input);
  const queue = queueOf(request, call);
  const counts = queue.counts();
  const all: Record<string, string> = {
    QueueArn: `arn:aws:sqs:${call.region.name}:${call.region.account}:${queue.name}`,
    ApproximateNumberOfMessages: String(counts.visible),
    ApproximateNumberOfMessagesNotVisible: String(counts.inFlight),
    ApproximateNumberOfMessagesDelayed: String(counts.delayed),
    VisibilityTimeout: String(queue.settings.visibilityTimeoutMs / 1000),
    MessageRetentionPeriod: String(queue.settings.retentionMs / 1000),
    ReceiveMessageWaitTimeSeconds: String(queue.settings.receiveWaitMs / 1000),
  };
  const wanted = request.AttributeNames;
  const isWanted = ([name]: [string, string]): boolean => wanted.includes('All') || wanted.includes(name);
  return { Attributes: Object.fromEntries(Object.entries(all).filter(isWanted)) };
};

const sendMessage: SqsAction = (input, call) => {
  const request = parsed(
    ofQueue.extend({
      MessageBody: z.string().min(1),
      DelaySeconds: seconds(900).optional(),
      MessageAttributes: z.unknown().optional(),
    }),
    input,
  );
  const message = queueOf(request, call).send(request.MessageBody, {
    delayMs: (request.DelaySeconds ?? 0) * 1000,
    attributes: request.MessageAttributes,
  });
  return { MessageId: message.messageId, MD5OfMessageBody: message.md5 };
};

function messageAnswer(message: Message, call: SqsCall): Answer {
  return {
    MessageId: message.messageId,
    ReceiptHandle: message.receiptHandle,
    MD5OfBody: message.md5,
    Body: message.body,
    Attributes: {
      SenderId: call.region.account,
      SentTimestamp: String(message.sentAtMs),
      ApproximateReceiveCount: String(message.receiveCount),
      ApproximateFirstReceiveTimestamp: String(message.firstReceivedAtMs),
    },
    ...(message.attributes === undefined ? {} : { MessageAttributes: message.attributes }),
  };
}

const receiveMessage: SqsAction = async (input, call) => {
  const request = parsed(
    ofQueue.extend({
      MaxNumberOfMessages: z.int().min(1).max(10).default(1),
      WaitTimeSeconds: seconds(20).optional(),
      VisibilityTimeout: seconds(43_200).optional(),
    }),
    input,
  );
  const queue = queueOf(request, call);
  const { settings } = queue;
  const messages = await queue.receive({
    most: request.MaxNumberOfMessages,
    waitMs: request.WaitTimeSeconds === undefined ? settings.receiveWaitMs : request.WaitTimeSeconds * 1000,
    visibilityTimeoutMs:
      request.VisibilityTimeout === undefined
        ? settings.visibilityTimeoutMs
        : request.VisibilityTimeout * 1000,
    signal: call.signal,
  });
  return messages.length === 0 ? {} : { Messages: messages.map((message) => messageAnswer(message, call)) };
};

const deleteMessage: SqsAction = (input, call) => {
  const request = parsed(ofQueue.extend({ ReceiptHandle: z.string() }), input);
  queueOf(request, call).delete(request.ReceiptHandle);
  return {};
};

const deleteMessageBatch: SqsAction = (input, call) => {
  const entry = z.object({ Id: z.string(), ReceiptHandle: z.string() });
  const request = parsed(ofQueue.extend({ Entries: z.array(entry).min(1).max(10) }), input);
  const queue = queueOf(request, call);
  for (const { ReceiptHandle } of request.Entries) queue.delete(ReceiptHandle);
  return { Successful: request.Entries.map(({ Id }) => ({ Id })), Failed: [] };
};

const changeMessageVisibility: SqsAction = (input, call) => {
  const request = parsed(
    ofQueue.extend({ ReceiptHandle: z.string(), VisibilityTimeout: seconds(43_200) }),
    input,
  );
  const isKnown = queueOf(request, call).changeVisibility(
    request.ReceiptHandle,
    request.VisibilityTimeout * 1000,
  );
  if (!isKnown) throw awsError('MessageNotInflight', 'The specified message is not in flight.');
  return {};
};

const purgeQueue: SqsAction = (input, call) => {
  queueOf(parsed(ofQueue, input), call).purge();
  return {};
};

export const SQS_ACTIONS: Readonly<Record<string, SqsAction>> = {
  ChangeMessageVisibility: changeMessageVisibility,
  CreateQueue: createQueue,
  DeleteMessage: deleteMessage,
  DeleteMessageBatch: deleteMessageBatch,
  DeleteQueue: deleteQueue,
  GetQueueAttributes: getQueueAttributes,
  GetQueueUrl: getQueueUrl,
  ListQueues: listQueues,
  PurgeQueue: purgeQueue,
  ReceiveMessage: receiveMessage,
  SendMessage: sendMessage,
  SetQueueAttributes: setQueueAttributes,
};

/** Answers one call of the SQS JSON protocol. */
export async function answerSqs(operation: string, input: unknown, call: SqsCall): Promise<Answer> {
  const action = SQS_ACTIONS[operation];
  if (action === undefined)
    throw awsError('InvalidAction', `The action ${operation} is not valid for this web service.`);
  call.region.advance();
  call.region.faults.beforeActing(operation);
  const answer = await action(input, call);
  call.region.faults.afterActing(operation);
  return answer;
}
