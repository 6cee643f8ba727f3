import { MAX_MODEL_BYTES } from '@spotopt/contracts';
import { setting } from '@spotopt/platform';
import { z } from 'zod';

const MIN_SECRET_LENGTH = 32;

/** Settings of the gateway beyond those of the platform. */
export const gatewayConfig = z.object({
  adminToken: setting
    .secret('Token of the administrator.', `a secret of at least ${String(MIN_SECRET_LENGTH)} characters`)
    .refine((token) => token.length >= MIN_SECRET_LENGTH),
  tokenEncryptionKey: setting
    .secret(
      'Key under which tenant tokens are kept, so that an administrator can reveal one.',
      '64 hex digits',
    )
    .refine((key) => /^[0-9a-fA-F]{64}$/.test(key)),
  redisUrl: setting
    .url(
      'Redis for rate limits over several processes; unset = every process counts for itself.',
      ['redis', 'rediss'],
      'redis://host:6379',
    )
    .optional(),
  rateLimitPerSecond: setting
    .number('Requests per second that one agent may make for ever; 0 = no limit.', { min: 0 })
    .default(20),
  rateLimitBurst: setting.integer('Requests that one agent may make at once.', { min: 1 }).default(100),
  openReadsOnLoopback: setting
    .flag(
      'A GET without credentials from this machine counts as the administrator’s. For demonstrations only.',
    )
    .default(false),
  maxBodyBytes: setting.integer('Longest request body.', { min: 1024, max: 16_777_216 }).default(1_048_576),
  maxCostReportBytes: setting
    .integer('Longest cost report that a tenant may upload, unpacked.', { min: 1024, max: 1_073_741_824 })
    .default(104_857_600),
  maxModelBytes: setting
    .integer('Longest upload of a model or an engine, all its files together.', {
      min: 1024,
      max: MAX_MODEL_BYTES,
    })
    .default(MAX_MODEL_BYTES),
  dashboardDir: setting
    .text('Directory of the built dashboard; unset = no dashboard is served.', 'a path')
    .optional(),
  eventRetentionDays: setting
    .integer('Days for which events can be replayed.', { min: 1, max: 90 })
    .default(7),
});
export type GatewayConfig = z.output<typeof gatewayConfig>;
