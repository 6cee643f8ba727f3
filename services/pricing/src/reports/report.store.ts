import { Role } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import {
  boolColumn,
  idColumn,
  insertIfAbsent,
  instantColumn,
  intColumn,
  jsonColumn,
  managerOf,
  moneyColumn,
  stringColumn,
} from '@spotopt/persistence';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { type ReceivedReport, ReportStore } from './ports.js';
import { isNewer, type Reporter } from './reporter.js';

@Entity('price_report')
export class PriceReportRow {
  @PrimaryColumn(idColumn()) id!: string;
  @Column(idColumn({ name: 'agent_key' })) agentKey!: string;
  @Column(idColumn({ name: 'agent_id' })) agentId!: string;
  @Column(idColumn({ name: 'client_id' })) clientId!: string;
  @Column(stringColumn(16)) role!: string;
  @Column(moneyColumn({ name: 'on_demand_usd_per_hour', nullable: true })) onDemandUsdPerHour!: number | null;
  @Column(boolColumn({ name: 'on_demand_estimated', nullable: true })) onDemandEstimated!: boolean | null;
  @Column(intColumn({ name: 'rejected_prices' })) rejectedPrices!: number;
  @Column(jsonColumn({ nullable: true })) body!: unknown;
  @Column(instantColumn({ name: 'observed_at' })) observedAt!: Date;
  @Column(instantColumn({ name: 'received_at' })) receivedAt!: Date;
}

@Entity('price_reporter')
export class ReporterRow {
  @PrimaryColumn(idColumn({ name: 'instance_id' })) instanceId!: string;
  @Column(idColumn({ name: 'agent_key', nullable: true })) agentKey!: string | null;
  @Column(idColumn({ name: 'ec2_instance_id', nullable: true })) ec2InstanceId!: string | null;
  @Column(stringColumn(16)) role!: string;
  @Column(intColumn()) epoch!: number;
  @Column(instantColumn({ name: 'changed_at' })) changedAt!: Date;
}

export class SqlReportStore extends ReportStore {
  override async addReport(tx: Tx, report: ReceivedReport): Promise<void> {
    const { reportId, ...rest } = report;
    await insertIfAbsent(tx, PriceReportRow, { id: reportId, ...rest });
  }

  override async findReporter(
    tx: Tx,
    by: { readonly agentKey: string; readonly ec2InstanceId: string | null },
  ): Promise<Reporter | null> {
    const manager = managerOf(tx);
    const byMachine =
      by.ec2InstanceId === null
        ? null
        : await manager.findOneBy(ReporterRow, { ec2InstanceId: by.ec2InstanceId });
    const row = byMachine ?? (await manager.findOneBy(ReporterRow, { agentKey: by.agentKey }));
    return row === null ? null : toReporter(row);
  }

  override async saveReporter(tx: Tx, reporter: Reporter): Promise<void> {
    if (await insertIfAbsent(tx, ReporterRow, reporter)) return;
    const manager = managerOf(tx);
    const row = await manager.findOneBy(ReporterRow, { instanceId: reporter.instanceId });
    if (row === null) return;
    const { instanceId, epoch } = row;
    if (reporter.agentKey !== null && row.agentKey === null) {
      await manager.update(ReporterRow, { instanceId }, { agentKey: reporter.agentKey });
    }
    if (!isNewer(reporter, toReporter(row))) return;
    const { role, changedAt, ec2InstanceId } = reporter;
    await manager.update(
      ReporterRow,
      { instanceId, epoch, changedAt: row.changedAt },
      { role, epoch: reporter.epoch, changedAt, ec2InstanceId: ec2InstanceId ?? row.ec2InstanceId },
    );
  }
}

function toReporter(row: ReporterRow): Reporter {
  const { instanceId, agentKey, ec2InstanceId, epoch, changedAt } = row;
  return { instanceId, agentKey, ec2InstanceId, epoch, changedAt, role: Role.parse(row.role) };
}
