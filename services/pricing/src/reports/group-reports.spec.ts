import { describe, expect, it } from '@jest/globals';
import type { EventOf, PricingReportedV1 } from '@spotopt/contracts';
import { GroupReports } from './group-reports.js';

type Report = EventOf<typeof PricingReportedV1>;

const report = (id: string): Report => ({ id }) as Report;

/** Records what comes in groups, each of which ends when the test says so. */
class SlowRecorder {
  readonly groups: string[][] = [];
  readonly ends: (() => void)[] = [];
  refused = '';

  async execute(...events: readonly Report[]): Promise<void> {
    const ids = events.map(({ id }) => id);
    this.groups.push(ids);
    await new Promise<void>((resolve) => this.ends.push(resolve));
    if (ids.includes(this.refused)) throw new Error(`${this.refused} is refused`);
  }
}

async function endAll(recorder: SlowRecorder): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) {
    recorder.ends.shift()?.();
    await new Promise(setImmediate);
  }
}

describe('grouping reports', () => {
  it('records together what arrives while a transaction is under way, and waits for the commit', async () => {
    const recorder = new SlowRecorder();
    const groups = new GroupReports(recorder);
    const done: string[] = [];
    const all = ['a', 'b', 'c'].map((id) => groups.record(report(id)).then(() => done.push(id)));
    await new Promise(setImmediate);
    expect(recorder.groups).toEqual([['a']]);
    expect(done).toEqual([]);
    await endAll(recorder);
    await Promise.all(all);
    expect(recorder.groups).toEqual([['a'], ['b', 'c']]);
  });

  it('lets one report fail alone', async () => {
    const recorder = new SlowRecorder();
    recorder.refused = 'c';
    const groups = new GroupReports(recorder);
    const results = Promise.allSettled(['a', 'b', 'c', 'd'].map((id) => groups.record(report(id))));
    await endAll(recorder);
    expect((await results).map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect(recorder.groups).toEqual([['a'], ['b', 'c', 'd'], ['b'], ['c'], ['d']]);
  });
});
