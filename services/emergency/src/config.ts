import { awsSettings, setting } from '@spotopt/platform';
import { z } from 'zod';

export const emergencyConfig = z.object({
  noticeQueueUrl: setting
    .url(
      'SQS queue into which EventBridge puts interruption events; unset = agents alone report them.',
      ['http', 'https'],
      'https://sqs.us-east-1.amazonaws.com/123456789012/spotopt-notices',
    )
    .optional(),
  awsRegion: setting.text('AWS region of the notice queue.', 'an AWS region').default('us-east-1'),
  ...awsSettings,
});
export type EmergencyConfig = z.output<typeof emergencyConfig>;
