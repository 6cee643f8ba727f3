import { column, createTable, dropTable } from '@spotopt/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Incidents1763700000000 implements MigrationInterface {
  readonly name = 'Incidents1763700000000';

  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, {
      name: 'incident',
      columns: [
        column.id('id', { primary: true }),
        column.id('agent_id'),
        column.id('client_id'),
        column.id('ec2_instance_id'),
        column.string('pool_id', 128, { nullable: true }),
        column.string('state', 16),
        column.string('urgency', 16),
        column.instant('first_signal_at'),
        column.instant('last_signal_at'),
        column.instant('notice_at', { nullable: true }),
        column.instant('deadline_at', { nullable: true }),
        column.int('signal_count'),
        column.double('risk', { nullable: true }),
        column.id('switch_id', { nullable: true }),
        column.instant('announced_at'),
        column.double('failover_ms', { nullable: true }),
        column.instant('closed_at', { nullable: true }),
        column.int('version'),
        // One open incident per machine, whoever sees the first signal.
        column.generated(
          'open_guard',
          "CASE WHEN state IN ('detected', 'handling') THEN ec2_instance_id END",
        ),
      ],
      indexes: [
        { columns: ['open_guard'], unique: true },
        { columns: ['ec2_instance_id', 'first_signal_at'] },
        { columns: ['state'] },
        { columns: ['pool_id', 'first_signal_at'] },
        { columns: ['agent_id', 'first_signal_at'] },
      ],
    });
    await createTable(runner, {
      name: 'incident_signal',
      columns: [
        column.id('incident_id', { primary: true }),
        column.int('number', { primary: true }),
        column.string('kind', 32),
        column.string('source', 16),
        column.instant('detected_at'),
        column.instant('deadline_at', { nullable: true }),
        column.instant('received_at'),
      ],
    });
    await createTable(runner, {
      name: 'machine',
      columns: [
        column.id('ec2_instance_id', { primary: true }),
        column.id('agent_id'),
        column.id('client_id'),
        column.string('role', 16),
        column.id('replica_id', { nullable: true }),
        column.bool('ready'),
        column.string('pool_id', 128),
        column.string('mode', 16),
        column.instant('first_seen_at'),
        column.instant('changed_at'),
      ],
      indexes: [{ columns: ['agent_id'] }],
    });
    await createTable(runner, {
      name: 'price_change',
      columns: [
        column.string('pool_id', 128, { primary: true }),
        column.instant('observed_at', { primary: true }),
        column.money('usd_per_hour'),
      ],
      indexes: [{ columns: ['observed_at'] }],
    });
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['incident', 'incident_signal', 'machine', 'price_change']) {
      await dropTable(runner, table);
    }
  }
}
