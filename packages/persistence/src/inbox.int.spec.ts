import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { databaseDialects, testDatabase, type TestDatabase } from '@spotopt/testkit';
import { changeRows, type Database } from './index.js';

describe.each(databaseDialects())('inbox on %s', (dialect) => {
  let place: TestDatabase;
  let database: Database;

  beforeAll(async () => {
    place = await testDatabase(dialect, { service: 'inbox' });
    database = place.database;
  });
  afterAll(() => place.cleanUp());

  const claim = (consumer: string, id: string): Promise<boolean> =>
    database.uow.run((tx) => database.inbox.claim(tx, consumer, id));

  it('claims each message once per consumer', async () => {
    expect([
      await claim('a', 'm1'),
      await claim('a', 'm1'),
      await claim('b', 'm1'),
      await claim('a', 'm2'),
    ]).toEqual([true, false, true, true]);
  });

  it('claims once under concurrency', async () => {
    for (let round = 0; round < 20; round += 1) {
      const answers = await Promise.all(Array.from({ length: 6 }, () => claim('a', `race-${String(round)}`)));
      expect(answers.filter(Boolean)).toHaveLength(1);
    }
  });

  it('forgets a claim whose transaction failed', async () => {
    const failed = database.uow.run(async (tx) => {
      await database.inbox.claim(tx, 'a', 'retry');
      throw new Error('effect failed');
    });
    await expect(failed).rejects.toThrow('effect failed');
    expect(await claim('a', 'retry')).toBe(true);
  });

  it('counts attempts over restarts until they are forgotten', async () => {
    const { attempts } = database;
    expect([
      await attempts.begin('q', 'm'),
      await attempts.begin('q', 'm'),
      await attempts.begin('q2', 'm'),
    ]).toEqual([1, 2, 1]);
    await attempts.forget('q', 'm');
    expect(await attempts.begin('q', 'm')).toBe(1);
  });

  it('prunes old claims and attempts', async () => {
    await claim('p', 'old');
    await claim('p', 'new');
    await database.attempts.begin('p', 'old');
    const longAgo = new Date(Date.now() - 20 * 86_400_000);
    await database.uow.run(async (tx) => {
      await changeRows(tx, "UPDATE inbox SET claimed_at = ? WHERE consumer = 'p' AND message_id = 'old'", [
        longAgo,
      ]);
      await changeRows(tx, "UPDATE attempt SET first_at = ? WHERE queue = 'p'", [longAgo]);
    });
    expect(await database.prune()).toEqual({ outbox: 0, inbox: 1, attempts: 1 });
    expect([await claim('p', 'old'), await claim('p', 'new')]).toEqual([true, false]);
  });
});
