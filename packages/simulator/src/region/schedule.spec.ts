import { expect, test } from '@jest/globals';
import { ManualClock } from '@spotopt/testkit';
import fc from 'fast-check';
import { Schedule } from './schedule.js';

function failing(error: unknown): void {
  throw error;
}

test('entries run in the order of their times, those of one time in the order of their making', async () => {
  const times = fc.array(fc.nat({ max: 50 }), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(times, fc.boolean(), async (dueAt, withLoop) => {
      const clock = new ManualClock(0);
      const schedule = new Schedule(clock, failing);
      const ran: [number, number][] = [];
      dueAt.forEach((atMs, index) => schedule.at(atMs, (time) => ran.push([time, index])));
      if (withLoop) schedule.start();
      await clock.advance(60);
      schedule.runDue();
      const expected = dueAt.map((atMs, index): [number, number] => [atMs, index]);
      expect(ran).toEqual(expected.sort(([a, one], [b, other]) => a - b || one - other));
      await schedule.stop();
    }),
    { numRuns: 60, seed: 8 },
  );
});

test('the loop wakes for an entry that comes before the one it waits for', async () => {
  const clock = new ManualClock(0);
  const schedule = new Schedule(clock, failing);
  const ran: number[] = [];
  schedule.at(1_000, (atMs) => ran.push(atMs));
  schedule.start();
  await clock.advance(1);
  schedule.at(10, (atMs) => ran.push(atMs));
  await clock.advance(20);
  expect(ran).toEqual([10]);
  await schedule.stop();
});

test('an entry that fails does not keep the others from running', () => {
  const errors: unknown[] = [];
  const schedule = new Schedule(new ManualClock(100), (error) => errors.push(error));
  const ran: number[] = [];
  schedule.at(1, () => failing(new Error('broken')));
  schedule.at(2, (atMs) => ran.push(atMs));
  schedule.runDue();
  expect(ran).toEqual([2]);
  expect(errors).toHaveLength(1);
});
