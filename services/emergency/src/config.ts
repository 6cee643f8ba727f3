import { setting } from '@spotopt/platform';
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
  awsEndpoint: setting
    .url('Other SQS endpoint than AWS’s own.', ['http', 'https'], 'http://127.0.0.1:8081')
    .optional(),
  awsAccessKeyId: setting.text('Fixed AWS access key; unset = the usual AWS lookup.').optional(),
  awsSecretAccessKey: setting.secret('Secret of the fixed AWS access key.').optional(),
});
export type EmergencyConfig = z.output<typeof emergencyConfig>;
