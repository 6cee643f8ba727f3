import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Column, Entity, PrimaryColumn, type MigrationInterface, type QueryRunner } from 'typeorm';
import { SystemClock, type Tx } from '@spotopt/kernel';
import { databaseDialects, testDatabase, waitFor, type TestDatabase } from '@spotopt/testkit';
import {
  changeRows,
  column,
  createTable,
  dropTable,
  forUpdate,
  idColumn,
  insertIfAbsent,
  intColumn,
  isDuplicateKey,
  managerOf,
  openDatabase,
  selectRows,
  type Database,
} from './index.js';

@Entity('account')
class Account {
  @PrimaryColumn(idColumn())
  id!: string;

  @Column(intColumn())
  amount!: number;
}

class CreateAccount implements MigrationInterface {
  readonly name = 'CreateAccount1763700000000';

  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, {
      name: 'account',
      columns: [column.id('id', { primary: true }), column.int('amount')],
    });
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTable(runner, 'account');
  }
}

function barrier(parties: number): () => Promise<void> {
  let arrived = 0;
  return async () => {
    arrived += 1;
    await waitFor(() => arrived >= parties, { what: 'the other transaction' });
  };
}

describe.each(databaseDialects())('unit of work on %s', (dialect) => {
  let place: TestDatabase;
  let database: Database;

  beforeAll(async () => {
    place = await testDatabase(dialect, {
      service: 'bank',
      entities: [Account],
      migrations: [CreateAccount],
    });
    database = place.database;
  });
  afterAll(() => place.cleanUp());

  const add = (tx: Tx, id: string, by: number): Promise<number> =>
    changeRows(tx, 'UPDATE account SET amount = amount + ? WHERE id = ?', [by, id]);
  const amountOf = (id: string): Promise<number | undefined> =>
    database.uow.read(async (tx) => (await managerOf(tx).findOneBy(Account, { id }))?.amount);

  beforeEach(async () => {
    await database.uow.run(async (tx) => {
      await changeRows(tx, 'DELETE FROM account');
      await managerOf(tx).insert(Account, [
        { id: 'a', amount: 0 },
        { id: 'b', amount: 0 },
      ]);
    });
  });

  it('commits what the closure did and tells the listeners', async () => {
    const commits: number[] = [];
    const end = database.onCommit(({ events }) => commits.push(events));
    await database.uow.run((tx) => add(tx, 'a', 5));
    end();
    await database.uow.run((tx) => add(tx, 'a', 1));
    expect(await amountOf('a')).toBe(6);
    expect(commits).toEqual([0]);
  });

  it('rolls back everything when the closure throws, and tells nobody', async () => {
    let commits = 0;
    const end = database.onCommit(() => (commits += 1));
    const attempt = database.uow.run(async (tx) => {
      await add(tx, 'a', 5);
      throw new Error('changed my mind');
    });
    await expect(attempt).rejects.toThrow('changed my mind');
    end();
    expect(await amountOf('a')).toBe(0);
    expect(commits).toBe(0);
  });

  it.each(['run', 'read'] as const)(
    'refuses %s inside a transaction instead of waiting for ever',
    async (inner) => {
      const nested = database.uow.run(() => database.uow[inner](() => Promise.resolve(1)));
      await expect(nested).rejects.toMatchObject({ code: 'nested-unit-of-work', kind: 'bug' });
      await expect(database.uow.run(() => Promise.resolve('goes on'))).resolves.toBe('goes on');
    },
  );

  it('lets a flow that a transaction started go on by itself after it', async () => {
    let later: Promise<number> | undefined;
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    await database.uow.run((tx) => {
      later = released.then(() => database.uow.run((next) => add(next, 'a', 2)));
      return add(tx, 'a', 1);
    });
    release();
    await later;
    expect(await amountOf('a')).toBe(3);
  });

  it('refuses a transaction handle that outlived its closure', async () => {
    const leaked = await database.uow.run((tx) => Promise.resolve(tx));
    expect(() => managerOf(leaked)).toThrow(expect.objectContaining({ code: 'transaction-over' }));
  });

  it('refuses to write in a read', async () => {
    const write = database.uow.read((tx) => add(tx, 'a', 1));
    await expect(write).rejects.toMatchObject({ code: 'read-only-transaction', kind: 'bug' });
  });

  it('keeps concurrent transactions apart', async () => {
    const failing = database.uow.run(async (tx) => {
      await add(tx, 'a', 100);
      await new Promise(setImmediate);
      throw new Error('rolled back');
    });
    const good = Array.from({ length: 20 }, () =>
      database.uow.run(async (tx) => {
        await new Promise(setImmediate);
        await add(tx, 'b', 1);
        await new Promise(setImmediate);
        await add(tx, 'b', 1);
      }),
    );
    const reads = Array.from({ length: 20 }, () => amountOf('a'));
    await expect(failing).rejects.toThrow('rolled back');
    await Promise.all(good);
    expect(new Set(await Promise.all(reads))).toEqual(new Set([0]));
    expect([await amountOf('a'), await amountOf('b')]).toEqual([0, 40]);
  });

  it('counts the rows that a guard matched, also when nothing in them changes', async () => {
    const [matched, missed, unchanged] = await database.uow.run(async (tx) => [
      await changeRows(tx, 'UPDATE account SET amount = 7 WHERE id = ? AND amount = ?', ['a', 0]),
      await changeRows(tx, 'UPDATE account SET amount = 8 WHERE id = ? AND amount = ?', ['a', 0]),
      await changeRows(tx, 'UPDATE account SET amount = 7 WHERE id = ?', ['a']),
    ]);
    expect([matched, missed, unchanged]).toEqual([1, 0, 1]);
    const byBuilder = await database.uow.run((tx) =>
      managerOf(tx)
        .createQueryBuilder()
        .update(Account)
        .set({ amount: 9 })
        .where('id = :id AND amount = :amount', { id: 'a', amount: 7 })
        .execute(),
    );
    expect(byBuilder.affected).toBe(1);
  });

  it('inserts if absent, and the transaction goes on after a duplicate', async () => {
    const answers = await database.uow.run(async (tx) => [
      await insertIfAbsent(tx, Account, { id: 'a', amount: 1 }),
      await insertIfAbsent(tx, Account, { id: 'c', amount: 1 }),
      await add(tx, 'a', 1),
    ]);
    expect(answers).toEqual([false, true, 1]);
    expect([await amountOf('a'), await amountOf('c')]).toEqual([1, 1]);
  });

  it('knows a duplicate key', async () => {
    const duplicate = database.uow.run((tx) => managerOf(tx).insert(Account, { id: 'a', amount: 1 }));
    await expect(duplicate.catch((error: unknown) => isDuplicateKey(error))).resolves.toBe(true);
    expect(isDuplicateKey(new Error('other'))).toBe(false);
  });

  it('makes read-modify-write safe with a row lock', async () => {
    await Promise.all(
      Array.from({ length: 10 }, () =>
        database.uow.run(async (tx) => {
          const query = managerOf(tx)
            .createQueryBuilder(Account, 'account')
            .where('account.id = :id', { id: 'a' });
          const account = await forUpdate(tx, query).getOneOrFail();
          await changeRows(tx, 'UPDATE account SET amount = ? WHERE id = ?', [account.amount + 1, 'a']);
        }),
      ),
    );
    expect(await amountOf('a')).toBe(10);
  });
});

describe('unit of work on a server', () => {
  let place: TestDatabase;
  let database: Database;

  beforeAll(async () => {
    place = await testDatabase('mysql', {
      service: 'bank',
      entities: [Account],
      migrations: [CreateAccount],
    });
    database = place.database;
    await database.uow.run((tx) =>
      managerOf(tx).insert(Account, [
        { id: 'a', amount: 0 },
        { id: 'b', amount: 0 },
      ]),
    );
  });
  afterAll(() => place.cleanUp());

  it('runs the whole closure again after a deadlock', async () => {
    const meet = barrier(2);
    let attempts = 0;
    const transfer = (first: string, second: string): Promise<void> => {
      let attemptsOfThis = 0;
      return database.uow.run(async (tx) => {
        attempts += 1;
        attemptsOfThis += 1;
        await changeRows(tx, 'UPDATE account SET amount = amount + 1 WHERE id = ?', [first]);
        if (attemptsOfThis === 1) await meet();
        await changeRows(tx, 'UPDATE account SET amount = amount + 1 WHERE id = ?', [second]);
      });
    };
    await Promise.all([transfer('a', 'b'), transfer('b', 'a')]);
    const rows = await database.uow.read((tx) => managerOf(tx).find(Account, { order: { id: 'ASC' } }));
    expect(rows.map((row) => row.amount)).toEqual([2, 2]);
    expect(attempts).toBe(3);
  });

  it('runs the closure again when its connection was lost before the commit', async () => {
    let attempts = 0;
    await database.uow.run(async (tx) => {
      attempts += 1;
      await changeRows(tx, "UPDATE account SET amount = 50 WHERE id = 'a'");
      if (attempts > 1) return;
      const [connection] = await selectRows<{ id: number }>(tx, 'SELECT CONNECTION_ID() AS id');
      await changeRows(tx, `KILL ${String(connection?.id)}`);
    });
    expect(attempts).toBe(2);
  });

  it('says that the database is unavailable when no attempt got through', async () => {
    const lost = database.uow.run(async (tx) => {
      const [connection] = await selectRows<{ id: number }>(tx, 'SELECT CONNECTION_ID() AS id');
      await changeRows(tx, `KILL ${String(connection?.id)}`);
    });
    await expect(lost).rejects.toMatchObject({ code: 'database-unavailable', kind: 'transient' });
    await expect(database.health()).resolves.toBeUndefined();
  });

  it('gives up a server that has gone silent, and forgets idle connections in peace', async () => {
    const { url } = place;
    const impatient = await openDatabase({
      url,
      service: 'bank',
      entities: [Account],
      migrations: [CreateAccount],
      clock: database.clock,
      ids: database.ids,
      random: () => 0.5,
      silenceMs: 200,
    });
    const silent = impatient.uow.run((tx) => selectRows(tx, 'SELECT SLEEP(10)'));
    await expect(silent).rejects.toMatchObject({ code: 'database-unavailable', kind: 'transient' });
    await new SystemClock().sleep(500);
    await impatient.health();
    await impatient.close();
  });
});
