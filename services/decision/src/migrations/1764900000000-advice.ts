import { column, createTable, dropTable } from '@spotopt/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const ADVICE = {
  name: 'advice',
  columns: [
    column.id('decision_id', { primary: true }),
    column.id('engine_id', { primary: true }),
    column.string('engine_version', 64, { primary: true }),
    column.string('engine_kind', 16),
    column.string('engine_name', 64),
    column.string('engine_sha256', 64, { nullable: true }),
    column.string('role', 16),
    column.id('agent_id'),
    column.id('client_id'),
    column.string('region', 64),
    column.string('instance_type', 64),
    column.instant('decided_at'),
    column.string('current_mode', 16, { nullable: true }),
    column.id('current_pool_id', { nullable: true }),
    column.string('action', 32, { nullable: true }),
    column.string('target_mode', 16, { nullable: true }),
    column.id('target_pool_id', { nullable: true }),
    column.string('standby_mode', 16, { nullable: true }),
    column.id('standby_pool_id', { nullable: true }),
    column.money('expected_usd_per_hour', { nullable: true }),
    column.money('expected_saving_usd_per_hour'),
    column.double('elapsed_ms'),
    column.string('failure_code', 64, { nullable: true }),
    column.text('failure_message', { nullable: true }),
    column.instant('horizon_ends_at'),
    column.instant('evaluate_at', { nullable: true }),
    column.instant('evaluated_at', { nullable: true }),
    column.json('outcome', { nullable: true }),
  ],
  indexes: [
    { columns: ['evaluate_at'] },
    { columns: ['decided_at'] },
    { columns: ['agent_id', 'decided_at'] },
    { columns: ['client_id', 'decided_at'] },
  ],
};

/** What each engine said at each decision, and what it would have brought. */
export class AdviceTable implements MigrationInterface {
  readonly name = 'AdviceTable1764900000000';

  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, ADVICE);
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTable(runner, ADVICE.name);
  }
}
