import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { reportOf, type ServingInterval } from './workloads.js';

const HORIZON = 60;

/** Counts second by second who serves, instead of cutting the time line. */
function bySeconds(intervals: readonly ServingInterval[]): { downtime: number; overlap: number } {
  const first = Math.min(...intervals.map((interval) => interval.fromMs));
  let downtime = 0;
  let overlap = 0;
  for (let second = first; second < HORIZON; second += 1) {
    const serving = intervals.filter(({ fromMs, toMs }) => fromMs <= second && second < (toMs ?? HORIZON));
    if (serving.length === 0) downtime += 1;
    if (serving.length > 1) overlap += 1;
  }
  return { downtime, overlap };
}

test('downtime and overlap are what counting gives', () => {
  const interval = fc
    .record({
      instanceId: fc.uuid(),
      from: fc.nat({ max: HORIZON }),
      length: fc.nat({ max: 30 }),
      ends: fc.boolean(),
    })
    .map(({ instanceId, from, length, ends }): ServingInterval => {
      const toMs = ends || from + length < HORIZON ? Math.min(from + length, HORIZON) : undefined;
      return { instanceId, epoch: 1, fromMs: from, toMs };
    });
  fc.assert(
    fc.property(fc.array(interval, { minLength: 1, maxLength: 8 }), (intervals) => {
      const report = reportOf('workload', intervals, HORIZON);
      const counted = bySeconds(intervals);
      expect(report.downtimeMs).toBe(counted.downtime);
      expect(report.overlapMs).toBe(counted.overlap);
      expect(report.openGapMs).toBeLessThanOrEqual(report.downtimeMs);
    }),
    { numRuns: 300, seed: 2 },
  );
});
