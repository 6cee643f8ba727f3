import { expect, test } from '@jest/globals';
import { hasCode } from '@spotopt/kernel';
import { ManualClock } from '@spotopt/testkit';
import { startRegion } from '../running-simulator.contract.js';
import { parseTrace, tracePriceBook, type Trace } from './trace.js';

const TRACE: Trace = parseTrace(
  JSON.stringify({
    name: 'inline',
    start: '2023-02-15T00:00:00Z',
    interval_s: 600,
    n: 5,
    pools: [
      {
        id: 'us-east-1a/p3.2xlarge',
        region: 'us-east-1',
        az: 'us-east-1a',
        instance_type: 'p3.2xlarge',
        on_demand_usd_h: 3.06,
        spot_usd_h: 0.918,
        price: null,
        state: [0, 1, 1, 0, 1],
      },
      {
        id: 'us-west-2b/p3.2xlarge',
        region: 'us-west-2',
        az: 'us-west-2b',
        instance_type: 'p3.2xlarge',
        on_demand_usd_h: 3.06,
        spot_usd_h: null,
        price: [1, 1, 1.2, 1.2, 1],
        state: [1, 1, 1, 1, 1],
      },
    ],
  }),
  'inline',
);

test('a pool that goes to 0 gives no instances and takes back those it gave', async () => {
  const setup = await startRegion({
    prices: tracePriceBook(TRACE, 'us-east-1'),
    clock: new ManualClock(new Date('2023-02-15T00:00:00Z')),
    interruptions: [{ kind: 'trace', trace: TRACE }],
  });
  const pool = { InstanceType: 'p3.2xlarge', Placement: { AvailabilityZone: 'us-east-1a' } } as const;
  await expect(setup.launch(pool)).rejects.toThrow('capacity');
  await setup.clock.advance(600_000);
  await setup.launchRunning(pool);
  await setup.clock.advance(2 * 600_000);
  expect(setup.simulator.region.state().instances[0]).toMatchObject({
    interruptionDeadlineAt: '2023-02-15T00:32:00.000Z',
  });
  await expect(setup.launch(pool)).rejects.toThrow('capacity');
  await setup.clock.advance(600_000);
  expect(setup.simulator.region.state().instances[0]?.state).toBe('terminated');
  await setup.launch(pool);
});

test('the prices of a trace are those of one region, without repetitions', () => {
  const book = tracePriceBook(TRACE, 'us-west-2');
  expect(
    book.series.map((series) => series.changes.map((change) => [change.atMs - book.firstAt, change.text])),
  ).toEqual([
    [
      [0, '1'],
      [1_200_000, '1.2'],
      [2_400_000, '1'],
    ],
  ]);
  expect(() => tracePriceBook(TRACE)).toThrow('one region');
});

test('what is no trace is refused', () => {
  const read = (): unknown => parseTrace('{"name":"x"}', 'file');
  expect(read).toThrow('file');
  try {
    read();
  } catch (error) {
    expect(hasCode(error, 'invalid-trace')).toBe(true);
  }
});
