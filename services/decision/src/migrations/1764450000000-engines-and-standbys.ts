import { addColumn, column, createIndex, createTable, dropTable } from '@spotopt/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const STANDBY = {
  name: 'standby',
  columns: [
    column.id('replica_id', { primary: true }),
    column.id('agent_id'),
    column.string('mode', 16),
    column.id('pool_id'),
    column.bool('advised'),
    column.instant('requested_at'),
    column.instant('ready_at', { nullable: true }),
    column.instant('ended_at', { nullable: true }),
  ],
  indexes: [{ columns: ['agent_id', 'ended_at'] }, { columns: ['ended_at'] }],
};

const EARLY_NEWS = {
  name: 'workload_early_news',
  columns: [
    column.id('agent_id', { primary: true }),
    column.id('message_id', { primary: true }),
    column.json('news'),
    column.instant('kept_at'),
  ],
  indexes: [{ columns: ['kept_at'] }],
};

/** Which engine decided, who else was asked, and the standbys that engines look at. */
export class EnginesAndStandbys implements MigrationInterface {
  readonly name = 'EnginesAndStandbys1764450000000';

  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, STANDBY);
    await createTable(runner, EARLY_NEWS);
    await addColumn(runner, 'decision', column.json('engine_ref', { nullable: true }));
    await addColumn(runner, 'decision', column.json('attempts', { nullable: true }));
    await addColumn(runner, 'change_of_primary', column.id('decision_id', { nullable: true }));
    await createIndex(runner, 'change_of_primary', { columns: ['decision_id'] });
    await createIndex(runner, 'change_of_primary', { columns: ['started_at'] });
    await createIndex(runner, 'machine_placement', { columns: ['seen_at'] });
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropColumns('change_of_primary', ['decision_id']);
    await runner.dropColumns('decision', ['engine_ref', 'attempts']);
    await dropTable(runner, EARLY_NEWS.name);
    await dropTable(runner, 'standby');
  }
}
