import { createIndex, dropIndex } from '@spotopt/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLE = 'agent_command';
const BY_AGE = 'ix_agent_command_finished_at';
const BY_STATUS_AND_AGE = 'ix_agent_command_status_finished_at';

/** Finished commands are deleted by their age alone: only they have a time of finishing. */
export class FinishedCommandsIndex1764100000000 implements MigrationInterface {
  readonly name = 'FinishedCommandsIndex1764100000000';

  async up(runner: QueryRunner): Promise<void> {
    await createIndex(runner, TABLE, { columns: ['finished_at'], name: BY_AGE });
    await dropIndex(runner, TABLE, BY_STATUS_AND_AGE);
  }

  async down(runner: QueryRunner): Promise<void> {
    await createIndex(runner, TABLE, { columns: ['status', 'finished_at'], name: BY_STATUS_AND_AGE });
    await dropIndex(runner, TABLE, BY_AGE);
  }
}
