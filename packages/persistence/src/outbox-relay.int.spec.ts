import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Failpoints, SystemClock, UlidIds } from '@spotopt/kernel';
import {
  databaseDialects,
  mulberry32,
  recordingLogger,
  testDatabase,
  waitFor,
  type TestDatabase,
} from '@spotopt/testkit';
import {
  OutboxRelay,
  changeRows,
  selectRows,
  type Database,
  type OutboxMessage,
  type OutboxRelaySettings,
} from './index.js';

class FailOnce extends Failpoints {
  #armed = true;

  constructor(private readonly at: string) {
    super();
  }

  override hit(name: string): void {
    if (name !== this.at || !this.#armed) return;
    this.#armed = false;
    throw new Error(`stopped at ${name}`);
  }
}

/** A broker that a test can hold up, break and look at. */
class FakeBroker {
  readonly published: OutboxMessage[] = [];
  readonly inFlight = new Set<string>();
  twiceAtOnce = 0;
  fail: (message: OutboxMessage) => boolean = () => false;
  hold: (message: OutboxMessage) => Promise<unknown> = () => new Promise(setImmediate);

  readonly publish = async (message: OutboxMessage): Promise<void> => {
    if (this.inFlight.has(message.subject)) this.twiceAtOnce += 1;
    this.inFlight.add(message.subject);
    try {
      await this.hold(message);
      if (this.fail(message)) throw new Error('no broker');
      this.published.push(message);
    } finally {
      this.inFlight.delete(message.subject);
    }
  };

  idsOf(subject: string): string[] {
    return this.published.filter((message) => message.subject === subject).map((message) => message.id);
  }
}

const event = (id: string, subject = 'agent-1') => ({
  id,
  type: 'spotopt.switch.started.v1',
  subject,
  data: { id },
});

describe.each(databaseDialects())('outbox on %s', (dialect) => {
  let place: TestDatabase;
  let database: Database;
  let broker: FakeBroker;
  let relays: OutboxRelay[];

  beforeEach(async () => {
    place = await testDatabase(dialect, { service: 'outbox', random: mulberry32(7) });
    database = place.database;
    broker = new FakeBroker();
    relays = [];
  });
  afterEach(async () => {
    await Promise.all(relays.map((relay) => relay.stop()));
    await place.cleanUp();
  });

  const relay = (more: Partial<OutboxRelaySettings> = {}): OutboxRelay => {
    const made = new OutboxRelay({ database, publish: broker.publish, drainMs: 500, ...more });
    relays.push(made);
    return made.start();
  };
  const add = (...events: ReturnType<typeof event>[]): Promise<void> =>
    database.uow.run((tx) => database.outbox.add(tx, ...events));
  const drained = (made: OutboxRelay): Promise<true> =>
    waitFor(async () => (await made.unsentCount()) === 0, { what: 'an empty outbox' });

  it('publishes the whole envelope after the commit, woken by it', async () => {
    const made = relay({ pollIntervalMs: 60_000 });
    await add(event('e1'));
    await waitFor(() => broker.published.length === 1, { what: 'the event', timeoutMs: 5_000 });
    const [message] = broker.published;
    expect(message).toMatchObject({ id: 'e1', type: 'spotopt.switch.started.v1', subject: 'agent-1' });
    expect(JSON.parse(message?.body ?? '')).toEqual(event('e1'));
    await drained(made);
    expect(await made.oldestUnsentAgeMs()).toBe(0);
  });

  it('publishes nothing of a transaction that was rolled back', async () => {
    const made = relay();
    const rolledBack = database.uow.run(async (tx) => {
      await database.outbox.add(tx, event('never'));
      throw new Error('no');
    });
    await expect(rolledBack).rejects.toThrow('no');
    await add(event('e2'));
    await drained(made);
    expect(broker.published.map((message) => message.id)).toEqual(['e2']);
  });

  it('finds by its poll what another process committed', async () => {
    await add(event('before'));
    const made = relay({ pollIntervalMs: 20 });
    await drained(made);
    expect(broker.idsOf('agent-1')).toEqual(['before']);
  });

  it('keeps the order of each subject, and several relays never publish a subject at the same time', async () => {
    const expected = new Map<string, string[]>();
    const made = Array.from({ length: 3 }, () => relay({ pollIntervalMs: 5 }));
    const random = mulberry32(42);
    broker.fail = () => random() < 0.05;
    for (let n = 0; n < 150; n += 1) {
      const subject = `agent-${String(n % 7)}`;
      const ids = [`${subject}:${String(n)}a`, `${subject}:${String(n)}b`];
      expected.set(subject, [...(expected.get(subject) ?? []), ...ids]);
      await add(...ids.map((id) => event(id, subject)));
    }
    await Promise.all(made.map(drained));
    expect(broker.twiceAtOnce).toBe(0);
    for (const [subject, ids] of expected) expect(broker.idsOf(subject)).toEqual(ids);
  });

  it('does not let a slow subject hold up the others', async () => {
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    broker.hold = (message) => (message.subject === 'slow' ? released : Promise.resolve());
    await add(...Array.from({ length: 300 }, (_, n) => event(`slow-${String(n)}`, 'slow')));
    const made = relay();
    await add(event('quick', 'other'));
    await waitFor(() => broker.idsOf('other').length === 1, { what: 'the quick subject' });
    release();
    await drained(made);
    expect(broker.idsOf('slow')).toEqual(Array.from({ length: 300 }, (_, n) => `slow-${String(n)}`));
  });

  it('tries a failed event again, with those behind it still behind it', async () => {
    const logger = recordingLogger();
    let failures = 2;
    broker.fail = (message) => message.id === 'b' && failures-- > 0;
    await add(event('a'), event('b'), event('c'), event('x', 'other'));
    const made = relay({ pollIntervalMs: 10, logger });
    await drained(made);
    expect(broker.idsOf('agent-1')).toEqual(['a', 'b', 'c']);
    expect(broker.published[1]?.id).not.toBe('b');
    expect(logger.messages('warn')).toHaveLength(2);
  });

  it.each(['outbox.after-publish', 'outbox.before-mark-sent'])(
    'publishes again what was published when it stopped at %s',
    async (failpoint) => {
      await add(event('once-more'));
      const made = relay({ failpoints: new FailOnce(failpoint), holdMs: 300, pollIntervalMs: 20 });
      await drained(made);
      expect(broker.idsOf('agent-1')).toEqual(['once-more', 'once-more']);
    },
  );

  it('goes on with what another relay held when it died', async () => {
    await add(event('e1'), event('e2'));
    broker.hold = () => new Promise(() => undefined);
    const dying = relay({ holdMs: 200, drainMs: 0 });
    await waitFor(() => broker.inFlight.size === 1, { what: 'the first publish' });
    broker.hold = () => Promise.resolve();
    const other = relay({ pollIntervalMs: 20 });
    // It renews what it holds for as long as it lives.
    await new SystemClock().sleep(400);
    expect(broker.published).toEqual([]);
    await dying.stop();
    await drained(other);
    expect(broker.idsOf('agent-1')).toEqual(['e1', 'e2']);
  });

  it('gives back on stop what it has not begun to publish', async () => {
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    broker.hold = () => released;
    await add(event('e1'), event('e2'));
    const first = relay();
    await waitFor(() => broker.inFlight.size === 1, { what: 'the first publish' });
    const stopping = first.stop();
    release();
    await stopping;
    expect(broker.idsOf('agent-1')).toEqual(['e1']);
    await drained(relay());
    expect(broker.idsOf('agent-1')).toEqual(['e1', 'e2']);
  });

  it('measures the backlog', async () => {
    const made = new OutboxRelay({ database, publish: broker.publish });
    await database.uow.run(async (tx) => {
      await database.outbox.add(tx, event('e1'));
      await changeRows(tx, 'UPDATE outbox SET created_at = ?', [new Date(Date.now() - 5_000)]);
    });
    expect(await made.unsentCount()).toBe(1);
    expect(await made.oldestUnsentAgeMs()).toBeGreaterThanOrEqual(5_000);
  });

  it('prunes what was sent long ago and nothing else', async () => {
    await add(...Array.from({ length: 1_200 }, (_, n) => event(`e${String(n)}`, `s${String(n % 50)}`)));
    await database.uow.run((tx) =>
      changeRows(tx, 'UPDATE outbox SET sent_at = ? WHERE seq <= 1100', [new Date(Date.now() - 10_000)]),
    );
    expect(await database.prune({ outboxMs: 60_000 })).toMatchObject({ outbox: 0 });
    expect(await database.prune({ outboxMs: 5_000 })).toMatchObject({ outbox: 1_100 });
    const left = await database.uow.read((tx) => selectRows(tx, 'SELECT seq FROM outbox'));
    expect(left).toHaveLength(100);
  });
});

describe('outbox on a server', () => {
  it('publishes the event of a slow transaction that had taken its number first', async () => {
    const place = await testDatabase('mysql', { service: 'outbox', ids: new UlidIds() });
    const { database } = place;
    const broker = new FakeBroker();
    const relay = new OutboxRelay({ database, publish: broker.publish }).start();
    let slowHasNumber = false;
    const slow = database.uow.run(async (tx) => {
      await database.outbox.add(tx, event('slow', 'agent-1'));
      slowHasNumber = true;
      await waitFor(() => broker.published.length === 1, { what: 'the quick event' });
    });
    await waitFor(() => slowHasNumber, { what: 'the slow insert' });
    await database.uow.run((tx) => database.outbox.add(tx, event('quick', 'agent-2')));
    await slow;
    await waitFor(() => broker.published.length === 2, { what: 'the slow event' });
    expect(broker.published.map((message) => message.id)).toEqual(['quick', 'slow']);
    await relay.stop();
    await place.cleanUp();
  });
});
