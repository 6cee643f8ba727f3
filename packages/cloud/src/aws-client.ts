import type * as Ec2SdkModule from '@aws-sdk/client-ec2';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type * as PricingSdkModule from '@aws-sdk/client-pricing';
import type { PricingClient } from '@aws-sdk/client-pricing';
import type * as SqsSdkModule from '@aws-sdk/client-sqs';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { AppError } from '@spotopt/kernel';
import { classifyAwsCode } from './aws-errors.js';

export type Ec2Sdk = typeof Ec2SdkModule;
type PricingSdk = typeof PricingSdkModule;
type SqsSdk = typeof SqsSdkModule;

export interface AwsSettings {
  readonly region: string;
  /** Other than AWS's own, for example a simulator's `http://127.0.0.1:8081`. */
  readonly endpoint?: string | undefined;
  /** Fixed credentials; without them the SDK's chain decides (environment, profile, instance role). */
  readonly credentials?:
    | {
        readonly accessKeyId: string;
        readonly secretAccessKey: string;
        readonly sessionToken?: string | undefined;
      }
    | undefined;
  /** @default 2000 */
  readonly connectTimeoutMs?: number | undefined;
  /** @default 15000 */
  readonly requestTimeoutMs?: number | undefined;
  /** Attempts per call, the first included. @default 3 */
  readonly maxAttempts?: number | undefined;
  /** Appended to the user agent, for AWS's own logs. @default spotopt */
  readonly userAgent?: string | undefined;
}

export interface Opened<Sdk, Client> {
  readonly sdk: Sdk;
  readonly client: Client;
}

function clientConfig(settings: AwsSettings, readTimeoutMs: number) {
  const { credentials } = settings;
  return {
    region: settings.region,
    maxAttempts: settings.maxAttempts ?? 3,
    customUserAgent: settings.userAgent ?? 'spotopt',
    requestHandler: {
      connectionTimeout: settings.connectTimeoutMs ?? 2_000,
      requestTimeout: readTimeoutMs,
    },
    ...(settings.endpoint === undefined ? {} : { endpoint: settings.endpoint }),
    ...(credentials === undefined
      ? {}
      : {
          credentials: {
            accessKeyId: credentials.accessKeyId,
            secretAccessKey: credentials.secretAccessKey,
            ...(credentials.sessionToken === undefined ? {} : { sessionToken: credentials.sessionToken }),
          },
        }),
  };
}

/**
 * An SDK client made at its first use: the EC2 SDK alone takes some 60 MB, which a process that never
 * calls EC2 should not pay.
 */
class LazyClient<Sdk, Client extends { destroy(): void }> {
  #opened: Promise<Opened<Sdk, Client>> | undefined;

  constructor(private readonly load: () => Promise<Opened<Sdk, Client>>) {}

  open(): Promise<Opened<Sdk, Client>> {
    this.#opened ??= this.load().catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    if (opened !== undefined) (await opened).client.destroy();
  }
}

type RetryStrategy = Awaited<ReturnType<EC2Client['config']['retryStrategy']>>;

/**
 * AWS says "no capacity" with a 5xx status, which the SDK would repeat against the same pool; the seconds
 * are better spent on another one.
 */
function withoutRetryOfRefusals(client: EC2Client): EC2Client {
  const original = client.config.retryStrategy;
  client.config.retryStrategy = async (): Promise<RetryStrategy> => {
    const strategy = await original();
    if (!('refreshRetryTokenForRetry' in strategy)) return strategy;
    return {
      acquireInitialRetryToken: (scope) => strategy.acquireInitialRetryToken(scope),
      recordSuccess: (token) => {
        strategy.recordSuccess(token);
      },
      refreshRetryTokenForRetry: (token, info) => {
        const { error } = info;
        const { code } = classifyAwsCode(error instanceof Error ? error.name : '');
        if (code.startsWith('capacity-')) throw AppError.transient(code, 'no retry against the same pool');
        return strategy.refreshRetryTokenForRetry(token, info);
      },
    };
  };
  return client;
}

/** EC2 of one region; share one among all adapters of a process. */
export class Ec2Connection extends LazyClient<Ec2Sdk, EC2Client> {
  constructor(readonly settings: AwsSettings) {
    super(async () => {
      const sdk = await import('@aws-sdk/client-ec2');
      const client = new sdk.EC2Client(clientConfig(settings, settings.requestTimeoutMs ?? 15_000));
      return { sdk, client: withoutRetryOfRefusals(client) };
    });
  }
}

/** The Price List, of a region that has the service. */
export class PricingConnection extends LazyClient<PricingSdk, PricingClient> {
  constructor(readonly settings: AwsSettings) {
    super(async () => {
      const sdk = await import('@aws-sdk/client-pricing');
      const readTimeoutMs = settings.requestTimeoutMs ?? 15_000;
      return { sdk, client: new sdk.PricingClient(clientConfig(settings, readTimeoutMs)) };
    });
  }
}

const LONGEST_POLL_MS = 20_000;

export class SqsConnection extends LazyClient<SqsSdk, SQSClient> {
  constructor(readonly settings: AwsSettings) {
    super(async () => {
      const sdk = await import('@aws-sdk/client-sqs');
      const readTimeoutMs = LONGEST_POLL_MS + (settings.requestTimeoutMs ?? 15_000);
      return { sdk, client: new sdk.SQSClient(clientConfig(settings, readTimeoutMs)) };
    });
  }
}
