import { column, createTable, dropTable } from '@spotopt/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = [
  'client',
  'agent_command',
  'event_cursor',
  'event_log',
  'activity',
  'notification',
  'idempotency_key',
];

/** Tenants, the command mailbox, the event log and what people read of it. */
export class Gateway1763700000000 implements MigrationInterface {
  readonly name = 'Gateway1763700000000';

  async up(runner: QueryRunner): Promise<void> {
    await this.#access(runner);
    await this.#commands(runner);
    await this.#events(runner);
    await this.#people(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await dropTable(runner, table);
  }

  async #access(runner: QueryRunner): Promise<void> {
    await createTable(runner, {
      name: 'client',
      columns: [
        column.id('id', { primary: true }),
        column.string('name', 120),
        column.string('name_key', 120, { nullable: true }),
        column.string('email', 254, { nullable: true }),
        column.string('email_key', 254, { nullable: true }),
        column.string('status', 16),
        column.string('token_hash', 64),
        column.text('token_encrypted'),
        column.instant('created_at'),
        column.int('version'),
      ],
      indexes: [
        { columns: ['name_key'], unique: true },
        { columns: ['email_key'], unique: true },
        { columns: ['token_hash'], unique: true },
      ],
    });
    await createTable(runner, {
      name: 'idempotency_key',
      columns: [
        column.string('request_key', 64, { primary: true }),
        column.string('fingerprint', 64),
        column.int('http_status'),
        column.text('body', { nullable: true }),
        column.instant('created_at'),
      ],
      indexes: [{ columns: ['created_at'] }],
    });
  }

  async #commands(runner: QueryRunner): Promise<void> {
    await createTable(runner, {
      name: 'agent_command',
      columns: [
        column.id('command_id', { primary: true }),
        column.id('agent_key'),
        column.id('agent_id'),
        column.id('client_id'),
        column.string('command_type', 64),
        column.int('priority'),
        column.json('body'),
        column.string('status', 16),
        column.string('message', 1000, { nullable: true }),
        column.json('result', { nullable: true }),
        column.instant('created_at'),
        column.instant('deadline_at'),
        column.instant('delivered_at', { nullable: true }),
        column.instant('finished_at', { nullable: true }),
        column.int('version'),
      ],
      indexes: [
        { columns: ['agent_key', 'status'] },
        { columns: ['status', 'deadline_at'] },
        { columns: ['status', 'finished_at'] },
      ],
    });
  }

  async #events(runner: QueryRunner): Promise<void> {
    await createTable(runner, {
      name: 'event_cursor',
      columns: [column.string('name', 32, { primary: true }), column.bigint('last_position')],
    });
    const cursors = (await runner.query("SELECT 1 FROM event_cursor WHERE name = 'event-log'")) as unknown[];
    if (cursors.length === 0) {
      await runner.query("INSERT INTO event_cursor (name, last_position) VALUES ('event-log', 0)");
    }
    await createTable(runner, {
      name: 'event_log',
      columns: [
        column.bigint('position', { primary: true }),
        column.id('event_id'),
        column.string('event_type', 128),
        column.string('subject', 128),
        column.string('audience', 16),
        column.id('client_id', { nullable: true }),
        column.json('envelope'),
        column.instant('occurred_at'),
      ],
      indexes: [
        { columns: ['event_id'], unique: true },
        { columns: ['client_id', 'position'] },
        { columns: ['occurred_at'] },
      ],
    });
  }

  async #people(runner: QueryRunner): Promise<void> {
    await createTable(runner, {
      name: 'activity',
      columns: [
        column.id('id', { primary: true }),
        column.id('client_id', { nullable: true }),
        column.id('agent_id', { nullable: true }),
        column.string('activity_type', 32),
        column.string('severity', 16),
        column.text('description'),
        column.instant('created_at'),
      ],
      indexes: [{ columns: ['created_at'] }, { columns: ['client_id', 'created_at'] }],
    });
    await createTable(runner, {
      name: 'notification',
      columns: [
        column.id('id', { primary: true }),
        column.id('client_id', { nullable: true }),
        column.id('agent_id', { nullable: true }),
        column.string('notification_type', 32),
        column.string('severity', 16),
        column.string('title', 255),
        column.text('message'),
        column.instant('created_at'),
        column.instant('read_at', { nullable: true }),
      ],
      indexes: [
        { columns: ['created_at'] },
        { columns: ['client_id', 'created_at'] },
        { columns: ['read_at'] },
      ],
    });
  }
}
