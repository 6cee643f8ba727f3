import type { Tx } from '@spotopt/kernel';
import type { Reporter } from './reporter.js';

export interface ReceivedReport {
  readonly reportId: string;
  readonly agentKey: string;
  readonly agentId: string;
  readonly clientId: string;
  readonly role: 'primary' | 'replica';
  readonly onDemandUsdPerHour: number | null;
  /** Null when the report has no on-demand price. */
  readonly onDemandEstimated: boolean | null;
  readonly rejectedPrices: number;
  readonly body: unknown;
  readonly observedAt: Date;
  readonly receivedAt: Date;
}

/** Every report as it came, and who the reporters are. */
export abstract class ReportStore {
  abstract addReport(tx: Tx, report: ReceivedReport): Promise<void>;

  /** Null when no event named it. */
  abstract findReporter(
    tx: Tx,
    by: { readonly agentKey: string; readonly ec2InstanceId: string | null },
  ): Promise<Reporter | null>;

  /** Keeps the later news of a machine, and the agent key once it is known. */
  abstract saveReporter(tx: Tx, reporter: Reporter): Promise<void>;
}
