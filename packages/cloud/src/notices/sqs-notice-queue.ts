import type { SqsConnection } from '../aws-client.js';
import { toCloudError } from '../aws-errors.js';
import { parseEventBridgeMessage } from './eventbridge.js';
import { NoticeQueue } from './notice-queue.js';
import type { ReceiveOptions, ReceivedNotice } from './notice-queue.js';

const USED_RECEIPTS = new Set(['ReceiptHandleIsInvalid', 'InvalidParameterValue']);

export class SqsNoticeQueue extends NoticeQueue {
  constructor(
    private readonly connection: SqsConnection,
    private readonly queueUrl: string,
  ) {
    super();
  }

  override async receive(options: ReceiveOptions = {}): Promise<readonly ReceivedNotice[]> {
    const { signal } = options;
    try {
      const { sdk, client } = await this.connection.open();
      const answer = await client.send(
        new sdk.ReceiveMessageCommand({
          QueueUrl: this.queueUrl,
          WaitTimeSeconds: options.waitSeconds ?? 20,
          MaxNumberOfMessages: options.maxMessages ?? 10,
          VisibilityTimeout: options.visibilitySeconds ?? 20,
        }),
        signal === undefined ? {} : { abortSignal: signal },
      );
      return (answer.Messages ?? []).flatMap((message) =>
        message.ReceiptHandle === undefined
          ? []
          : [
              {
                notice: parseEventBridgeMessage(message.Body ?? ''),
                receipt: message.ReceiptHandle,
                messageId: message.MessageId ?? '',
              },
            ],
      );
    } catch (error) {
      if (signal?.aborted === true) return [];
      throw toCloudError(error, 'ReceiveMessage');
    }
  }

  override async delete(receipt: string): Promise<void> {
    try {
      const { sdk, client } = await this.connection.open();
      await client.send(new sdk.DeleteMessageCommand({ QueueUrl: this.queueUrl, ReceiptHandle: receipt }));
    } catch (error) {
      if (error instanceof Error && USED_RECEIPTS.has(error.name)) return;
      throw toCloudError(error, 'DeleteMessage');
    }
  }
}
