import type { MigrationInterface, QueryRunner } from 'typeorm';
import { column } from './columns.js';
import { createTable, dropTable } from './schema-changes.js';

/** Row of the table `lease` that serialises the claims of outbox relays. */
export const OUTBOX_CLAIM_LOCK = 'outbox-claim';

export const OUTBOX_PENDING_INDEX = 'ix_outbox_pending';
export const OUTBOX_HELD_INDEX = 'ix_outbox_held';

/** The tables that every service has; `openDatabase` puts this before a service's own migrations. */
export class PlatformTables implements MigrationInterface {
  readonly name = 'PlatformTables1700000000000';

  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, {
      name: 'outbox',
      columns: [
        column.sequence('seq'),
        column.id('event_id'),
        column.string('type', 128),
        column.string('subject', 128),
        column.text('envelope'),
        column.instant('created_at'),
        column.instant('sent_at', { nullable: true }),
        // Held by a relay while it publishes, or by nobody until a failed row may be tried again.
        column.instant('held_until', { nullable: true }),
        column.id('held_by', { nullable: true }),
        column.int('attempts', { default: 0 }),
      ],
      indexes: [
        { columns: ['event_id'], unique: true },
        { columns: ['sent_at', 'seq'], name: OUTBOX_PENDING_INDEX },
        { columns: ['held_until', 'subject'], name: OUTBOX_HELD_INDEX },
      ],
    });
    await createTable(runner, {
      name: 'inbox',
      columns: [
        column.string('consumer', 128, { primary: true }),
        column.id('message_id', { primary: true }),
        column.instant('claimed_at'),
      ],
      indexes: [{ columns: ['claimed_at'] }],
    });
    await createTable(runner, {
      name: 'attempt',
      columns: [
        column.string('queue', 128, { primary: true }),
        column.id('message_id', { primary: true }),
        column.int('attempts'),
        column.instant('first_at'),
      ],
      indexes: [{ columns: ['first_at'] }],
    });
    await createTable(runner, {
      name: 'lease',
      columns: [
        column.string('name', 128, { primary: true }),
        column.id('holder'),
        column.bigint('epoch'),
        column.instant('expires_at'),
      ],
    });
    const locks: unknown = await runner.query('SELECT 1 FROM lease WHERE name = ?', [OUTBOX_CLAIM_LOCK]);
    if (Array.isArray(locks) && locks.length > 0) return;
    await runner.query("INSERT INTO lease (name, holder, epoch, expires_at) VALUES (?, '', 0, ?)", [
      OUTBOX_CLAIM_LOCK,
      new Date(0),
    ]);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['outbox', 'inbox', 'attempt', 'lease']) await dropTable(runner, table);
  }
}
