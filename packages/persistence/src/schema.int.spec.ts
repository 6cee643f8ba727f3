import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Column, Entity, PrimaryColumn, type MigrationInterface, type QueryRunner } from 'typeorm';
import { SystemClock, UlidIds } from '@spotopt/kernel';
import {
  databaseDialects,
  mysqlUrl,
  recordingLogger,
  testDatabase,
  type TestDatabase,
} from '@spotopt/testkit';
import {
  addColumn,
  bigintColumn,
  blobColumn,
  boolColumn,
  changeRows,
  column,
  createIndex,
  createTable,
  doubleColumn,
  dropIndex,
  dropTable,
  idColumn,
  insertIfAbsent,
  insertRows,
  instantColumn,
  instantOf,
  intColumn,
  jsonColumn,
  managerOf,
  moneyColumn,
  openDatabase,
  selectRows,
  stringColumn,
  textColumn,
} from './index.js';

@Entity('sample')
class Sample {
  @PrimaryColumn(idColumn())
  id!: string;

  @Column(stringColumn(32))
  state!: string;

  @Column(idColumn({ name: 'agent_id' }))
  agentId!: string;

  @Column(moneyColumn({ name: 'usd_per_hour' }))
  usdPerHour!: number;

  @Column(instantColumn({ name: 'seen_at' }))
  seenAt!: Date;

  @Column(instantColumn({ name: 'gone_at', nullable: true }))
  goneAt!: Date | null;

  @Column(jsonColumn())
  facts!: unknown;

  @Column(boolColumn())
  enabled!: boolean;

  @Column(intColumn())
  version!: number;

  @Column(bigintColumn())
  bytes!: number;

  @Column(doubleColumn())
  risk!: number;

  @Column(textColumn({ nullable: true }))
  note!: string | null;

  @Column(blobColumn({ nullable: true }))
  image!: Buffer | null;
}

class CreateSample implements MigrationInterface {
  readonly name = 'CreateSample1763700000000';

  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, {
      name: 'sample',
      columns: [
        column.id('id', { primary: true }),
        column.string('state', 32, { default: "'idle'" }),
        column.id('agent_id'),
        column.money('usd_per_hour'),
        column.instant('seen_at'),
        column.instant('gone_at', { nullable: true }),
        column.json('facts'),
        column.bool('enabled'),
        column.int('version', { default: 1 }),
        column.bigint('bytes'),
        column.double('risk'),
        column.generated('primary_guard', "CASE WHEN state = 'primary' THEN agent_id END"),
      ],
      indexes: [{ columns: ['primary_guard'], unique: true }, { columns: ['seen_at'] }],
    });
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTable(runner, 'sample');
  }
}

class AddNote implements MigrationInterface {
  readonly name = 'AddNote1763700000001';

  async up(runner: QueryRunner): Promise<void> {
    await addColumn(runner, 'sample', column.text('note', { nullable: true }));
    await addColumn(runner, 'sample', column.blob('image', { nullable: true }));
    await createIndex(runner, 'sample', { columns: ['state', 'agent_id', 'seen_at', 'gone_at', 'version'] });
    await createIndex(runner, 'sample', { columns: ['version'], name: 'ix_passing' });
    await dropIndex(runner, 'sample', 'ix_passing');
  }

  async down(): Promise<void> {
    // Expand only.
  }
}

const OPTIONS = { service: 'sample', entities: [Sample], migrations: [CreateSample, AddNote] };

function sample(id: string, more: Partial<Sample> = {}): Sample {
  return {
    id,
    state: 'idle',
    agentId: 'agent-1',
    usdPerHour: 0.0104,
    seenAt: new Date('2026-03-29T01:30:00.123Z'),
    goneAt: null,
    facts: { z: 1, a: ['ä', null, 1e21], text: "it's :fine ?" },
    enabled: true,
    version: 1,
    bytes: 2 ** 53 - 1,
    risk: 0.1 + 0.2,
    note: null,
    image: null,
    ...more,
  };
}

describe.each(databaseDialects())('schema on %s', (dialect) => {
  let place: TestDatabase;

  beforeEach(async () => {
    place = await testDatabase(dialect, OPTIONS);
  });
  afterEach(() => place.cleanUp());

  it('gives back every kind of value as it was stored', async () => {
    const full = sample('full', {
      goneAt: new Date('1999-12-31T23:59:59.999Z'),
      note: 'x'.repeat(200_000),
      image: Buffer.from([0, 255, 10, 39]),
      enabled: false,
    });
    const { uow } = place.database;
    await uow.run((tx) => insertRows(tx, Sample, sample('bare'), full));
    const rows = await uow.read((tx) => managerOf(tx).find(Sample, { order: { id: 'ASC' } }));
    expect(rows).toEqual([sample('bare'), full]);
  });

  it.each([0, 0.000001, 0.1, 1.005, 12_345_678.123456, -3.75])('keeps the money %d exactly', async (usd) => {
    const { uow } = place.database;
    await uow.run((tx) => insertRows(tx, Sample, sample('m', { usdPerHour: usd })));
    expect((await uow.read((tx) => managerOf(tx).findOneByOrFail(Sample, { id: 'm' }))).usdPerHour).toBe(usd);
    const raw = await uow.read((tx) =>
      selectRows<{ total: unknown; found: unknown }>(
        tx,
        'SELECT SUM(usd_per_hour) AS total, COUNT(*) AS found FROM sample',
      ),
    );
    expect(raw).toEqual([{ total: usd, found: 1 }]);
  });

  it('compares and reads instants in raw SQL', async () => {
    const { uow } = place.database;
    const seenAt = new Date('2026-11-21T10:00:00.500Z');
    await uow.run((tx) => insertRows(tx, Sample, sample('i', { seenAt })));
    const before = async (date: Date): Promise<unknown[]> =>
      uow.read((tx) => selectRows(tx, 'SELECT seen_at FROM sample WHERE seen_at < ?', [date]));
    expect(await before(seenAt)).toEqual([]);
    const rows = (await before(new Date(seenAt.getTime() + 1))) as { seen_at: unknown }[];
    expect(rows.map((row) => instantOf(row.seen_at))).toEqual([seenAt]);
    const built = await uow.read((tx) =>
      managerOf(tx)
        .createQueryBuilder(Sample, 's')
        .where('s.seenAt >= :from AND s.seenAt < :to', { from: seenAt, to: new Date(seenAt.getTime() + 1) })
        .getCount(),
    );
    expect(built).toBe(1);
  });

  it('refuses a second primary of one agent by its generated column', async () => {
    const { uow } = place.database;
    const insert = (id: string, agentId: string): Promise<boolean> =>
      uow.run((tx) => insertIfAbsent(tx, Sample, sample(id, { agentId, state: 'primary' })));
    expect(await insert('1', 'agent-1')).toBe(true);
    expect(await insert('2', 'agent-1')).toBe(false);
    expect(await insert('3', 'agent-2')).toBe(true);
    await uow.run(async (tx) => {
      await insertRows(tx, Sample, sample('4'));
      await changeRows(tx, "UPDATE sample SET state = 'zombie' WHERE id = '1'");
      await changeRows(tx, "UPDATE sample SET state = 'primary' WHERE id = '4'");
    });
  });

  it('tells ids apart by case', async () => {
    const { uow } = place.database;
    await uow.run((tx) => insertRows(tx, Sample, sample('Ab'), sample('aB')));
    expect(await uow.read((tx) => managerOf(tx).countBy(Sample, { id: 'AB' }))).toBe(0);
  });

  it('keeps its data when it is opened again', async () => {
    await place.database.uow.run((tx) => insertRows(tx, Sample, sample('kept')));
    await place.database.close();
    const again = await place.open();
    expect(await again.uow.read((tx) => managerOf(tx).countBy(Sample, { id: 'kept' }))).toBe(1);
  });

  it('refuses a schema that a newer version made', async () => {
    await place.database.close();
    const older = openDatabase({
      ...OPTIONS,
      migrations: [CreateSample],
      url: place.url,
      clock: new SystemClock(),
      ids: new UlidIds(),
      random: () => 0.5,
    });
    await expect(older).rejects.toMatchObject({
      code: 'database-schema-newer',
      message: expect.stringContaining('AddNote1763700000001'),
    });
  });
});

describe('opening', () => {
  const parts = { ...OPTIONS, clock: new SystemClock(), ids: new UlidIds(), random: () => 0.5 };

  it('lets several processes start and migrate at the same time', async () => {
    const url = new URL(mysqlUrl());
    url.pathname += `_race_${new UlidIds().next().toLowerCase()}`;
    const openers = await Promise.all(
      Array.from({ length: 4 }, () => openDatabase({ ...parts, url: url.href, poolSize: 2 })),
    );
    const [first] = openers;
    await first?.uow.run(async (tx) => {
      expect(await selectRows(tx, 'SELECT name FROM schema_migration')).toHaveLength(3);
      await changeRows(tx, `DROP DATABASE ${url.pathname.slice(1)}_sample`);
    });
    await Promise.all(openers.map((opener) => opener.close()));
  });

  it('waits for a server, then says where it is not and what to do, without the password', async () => {
    const logger = recordingLogger();
    const opening = openDatabase({
      ...parts,
      url: 'mysql://someone:secret@127.0.0.1:1/spotopt',
      connectTimeoutMs: 600,
      logger,
    });
    const failure: unknown = await opening.catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'database-unavailable', kind: 'transient' });
    expect(String(failure)).toContain('127.0.0.1:1 (user someone, schema spotopt_sample)');
    expect(String(failure)).not.toContain('secret');
    expect(logger.messages('warn').length).toBeGreaterThan(0);
  });

  it('does not try again when the password is wrong', async () => {
    const url = new URL(mysqlUrl());
    url.username = 'nobody_here';
    url.password = 'wrong';
    const opening = openDatabase({ ...parts, url: url.href });
    await expect(opening).rejects.toMatchObject({ code: 'database-access-denied', kind: 'permanent' });
  });

  it.each([
    ['postgres://localhost/x', 'must start with'],
    ['mysql://localhost', 'schema prefix'],
    ['mysql://localhost/a b', 'schema prefix'],
    ['sqlite:', 'names no directory'],
  ])('refuses the URL %s', async (url, problem) => {
    await expect(openDatabase({ ...parts, url })).rejects.toMatchObject({
      code: 'database-url-invalid',
      message: expect.stringContaining(problem),
    });
  });

  it('keeps a second process away from a SQLite file until the first is gone', async () => {
    const place = await testDatabase('sqlite', OPTIONS);
    const second = openDatabase({ ...parts, url: place.url, connectTimeoutMs: 300 });
    await expect(second).rejects.toMatchObject({ code: 'database-in-use' });
    const waiting = openDatabase({ ...parts, url: place.url, connectTimeoutMs: 3_000 });
    await place.database.close();
    await (await waiting).close();
    await place.cleanUp();
  });

  it('opens a database in memory', async () => {
    const database = await openDatabase({ ...parts, url: 'sqlite::memory:' });
    await database.uow.run((tx) => insertRows(tx, Sample, sample('x')));
    await database.health();
    await database.close();
    await database.close();
  });
});
