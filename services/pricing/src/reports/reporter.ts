import type { PriceSource, Role } from '@spotopt/contracts';

/** Which role the machine of a reporter has, as its events told. */
export interface Reporter {
  readonly instanceId: string;
  readonly agentKey: string | null;
  readonly ec2InstanceId: string | null;
  readonly role: Role;
  readonly epoch: number;
  readonly changedAt: Date;
}

/** Whether `next` is later news than `known`; events of one machine may arrive in any order. */
export function isNewer(next: Reporter, known: Reporter): boolean {
  if (next.epoch !== known.epoch) return next.epoch > known.epoch;
  return next.changedAt.getTime() >= known.changedAt.getTime();
}

/** Where the prices of a reporter count; one that nobody told us about is taken for the primary. */
export function sourceOf(reporter: Reporter | null): PriceSource {
  return reporter === null || reporter.role === 'PRIMARY' ? 'primary-report' : 'replica-report';
}
