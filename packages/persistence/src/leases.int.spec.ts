import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SystemClock } from '@spotopt/kernel';
import {
  ManualClock,
  databaseDialects,
  recordingLogger,
  testDatabase,
  waitFor,
  type TestDatabase,
} from '@spotopt/testkit';
import { LeasedTask, changeRows, type Database, type LeasedRun } from './index.js';

describe.each(databaseDialects())('leases on %s', (dialect) => {
  let place: TestDatabase;
  let database: Database;

  beforeEach(async () => {
    place = await testDatabase(dialect, { service: 'leases' });
    database = place.database;
  });
  afterEach(() => place.cleanUp());

  it('gives a higher epoch with every acquisition and fences the earlier one', async () => {
    const first = await database.leases.acquire('job', 60_000);
    const second = await database.leases.acquire('job', 60_000);
    expect([first?.epoch, second?.epoch]).toEqual([1, 2]);
    expect(await first?.renew()).toBe(false);
    expect(first?.isValid()).toBe(false);
    await expect(database.uow.run((tx) => first?.guard(tx) ?? Promise.resolve())).rejects.toMatchObject({
      code: 'lease-lost',
    });
    await database.uow.run((tx) => second?.guard(tx) ?? Promise.resolve());
    expect(await second?.renew()).toBe(true);
  });

  it('is no longer valid when its time is over', async () => {
    const lease = await database.leases.acquire('short', 50);
    expect(lease?.isValid()).toBe(true);
    await waitFor(() => lease?.isValid() === false, { what: 'the end of the lease' });
  });

  it('runs a leased task in its interval, at once on a nudge, and not after its stop', async () => {
    const clock = new ManualClock();
    let runs = 0;
    const task = new LeasedTask(
      { name: 'task', intervalMs: 60_000, clock, leases: database.leases, random: () => 0.5 },
      () => {
        runs += 1;
        return Promise.resolve();
      },
    ).start();
    await waitFor(() => runs === 1, { what: 'the first run' });
    await clock.advance(59_000);
    expect(runs).toBe(1);
    await clock.advance(1_000);
    await waitFor(() => runs === 2, { what: 'the second run' });
    task.nudge();
    await waitFor(() => runs === 3, { what: 'the nudged run' });
    expect(task.holdsLease()).toBe(true);
    await task.stop();
    await clock.advance(600_000);
    expect(runs).toBe(3);
  });

  it('goes on after a run that failed', async () => {
    const logger = recordingLogger();
    let runs = 0;
    const task = new LeasedTask(
      {
        name: 'task',
        intervalMs: 5,
        clock: new SystemClock(),
        leases: database.leases,
        random: () => 0.5,
        logger,
      },
      () => {
        runs += 1;
        return runs === 1 ? Promise.reject(new Error('bad run')) : Promise.resolve();
      },
    ).start();
    await waitFor(() => runs >= 2, { what: 'the run after the failure' });
    await task.stop();
    expect(logger.messages('error')).toHaveLength(1);
  });
});

describe('leases of several processes', () => {
  let place: TestDatabase;
  let other: Database;
  let tasks: LeasedTask[];

  beforeEach(async () => {
    place = await testDatabase('mysql', { service: 'leases' });
    other = await place.open();
    tasks = [];
  });
  afterEach(async () => {
    await Promise.all(tasks.map((one) => one.stop()));
    await place.cleanUp();
  });

  const task = (database: Database, work: (run: LeasedRun) => Promise<void>): LeasedTask => {
    const made = new LeasedTask(
      {
        name: 'leader',
        intervalMs: 20,
        clock: new SystemClock(),
        leases: database.leases,
        random: () => 0.5,
        leaseTtlMs: 600,
      },
      work,
    );
    tasks.push(made);
    return made.start();
  };

  it('has one holder, who is followed by another when its time is over', async () => {
    const { leases } = place.database;
    const held = await leases.acquire('job', 300);
    expect(await other.leases.acquire('job', 300)).toBeNull();
    const next = await waitFor(() => other.leases.acquire('job', 60_000), { what: 'the takeover' });
    expect(next.epoch).toBe((held?.epoch ?? 0) + 1);
    expect(held?.isValid()).toBe(false);
    expect(await held?.renew()).toBe(false);
    expect(await leases.acquire('job', 300)).toBeNull();
    await next.release();
    expect((await leases.acquire('job', 300))?.epoch).toBe(next.epoch + 1);
  });

  it('has one winner when all ask at the same time for a lease that never was', async () => {
    const third = await place.open();
    for (let round = 0; round < 10; round += 1) {
      const asked = [place.database, other, third].map(({ leases }) =>
        leases.acquire(`race-${String(round)}`, 60_000),
      );
      expect((await Promise.all(asked)).filter((lease) => lease !== null)).toHaveLength(1);
    }
  });

  it('keeps a taker waiting until a guarded transaction has ended', async () => {
    const held = await place.database.leases.acquire('job', 100);
    const order: string[] = [];
    let taking: Promise<unknown> = Promise.resolve();
    await place.database.uow.run(async (tx) => {
      await held?.guard(tx);
      taking = waitFor(() => other.leases.acquire('job', 60_000), { what: 'the takeover' }).then(() =>
        order.push('taken'),
      );
      await new SystemClock().sleep(300);
      order.push('guarded write');
    });
    await taking;
    expect(order).toEqual(['guarded write', 'taken']);
  });

  it('runs a job in one process, and in the next one soon after a stop', async () => {
    const runs: string[] = [];
    const first = task(place.database, () => Promise.resolve(void runs.push('first')));
    await waitFor(() => runs.length >= 3, { what: 'runs of the first' });
    task(other, () => Promise.resolve(void runs.push('second')));
    await waitFor(() => runs.length >= 10, { what: 'more runs' });
    expect(new Set(runs)).toEqual(new Set(['first']));
    await first.stop();
    const before = runs.length;
    await waitFor(() => runs.length > before + 2, { what: 'runs of the second' });
    expect(new Set(runs.slice(before))).toEqual(new Set(['second']));
  });

  it('tells a long run that its lease was lost', async () => {
    let signal: AbortSignal | undefined;
    task(place.database, async (run) => {
      signal ??= run.signal;
      await new SystemClock().sleep(20_000, run.signal);
    });
    await waitFor(() => signal, { what: 'the run' });
    await other.uow.run((tx) =>
      changeRows(tx, "UPDATE lease SET holder = 'thief', epoch = epoch + 1 WHERE name = 'leader'"),
    );
    await waitFor(() => signal?.aborted, { what: 'the abort' });
  });
});
