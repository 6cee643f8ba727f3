import type { AwsSettings } from '@spotopt/cloud';

/** What the agent asks of its helper process; structured clone carries dates and bytes as they are. */
export type Ec2Request =
  | { readonly kind: 'open'; readonly settings: AwsSettings }
  | {
      readonly kind: 'call';
      readonly id: number;
      readonly method: Ec2Method;
      readonly args: readonly unknown[];
    };

export type Ec2Method =
  | 'launch'
  | 'launchAnyOf'
  | 'ensureLaunchTemplate'
  | 'describe'
  | 'status'
  | 'terminate'
  | 'tag'
  | 'findSubnet'
  | 'priceHistory'
  | 'offerings';

export interface Ec2Failure {
  readonly code: string;
  readonly kind: 'transient' | 'permanent' | 'bug';
  readonly message: string;
}

export type Ec2Response =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly failure: Ec2Failure };
