import { setting } from './settings.js';

/** Settings of every service that calls AWS; spread into its own. */
export const awsSettings = {
  awsEndpoint: setting
    .url('Other endpoint than AWS’s own: a simulator.', ['http', 'https'], 'http://127.0.0.1:8081')
    .optional(),
  awsAccessKeyId: setting.text('Fixed AWS access key; unset = the usual AWS lookup.').optional(),
  awsSecretAccessKey: setting.secret('Secret of the fixed AWS access key.').optional(),
};

export interface AwsAccess {
  readonly endpoint: string | undefined;
  /** Undefined: the SDK's own chain of environment, profile and instance role decides. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
}

/** What a connection to AWS takes of these settings; a key without its secret counts as none. */
export function awsAccessOf(config: {
  readonly awsEndpoint?: string | undefined;
  readonly awsAccessKeyId?: string | undefined;
  readonly awsSecretAccessKey?: string | undefined;
}): AwsAccess {
  const { awsEndpoint: endpoint, awsAccessKeyId: accessKeyId, awsSecretAccessKey: secretAccessKey } = config;
  const fixed = accessKeyId !== undefined && secretAccessKey !== undefined;
  return { endpoint, credentials: fixed ? { accessKeyId, secretAccessKey } : undefined };
}
