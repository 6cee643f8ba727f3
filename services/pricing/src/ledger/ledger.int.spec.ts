import { afterEach, describe, expect, it } from '@jest/globals';
import {
  CloseDay,
  DayClosedV1,
  type EventDefinition,
  type EventOf,
  ImportCosts,
  InstanceCosts,
  LedgerDay,
  type RpcRequest,
  SavingsReport,
  SavingsTotals,
  SpotPriceChangedV1,
} from '@spotopt/contracts';
import { selectRows } from '@spotopt/persistence';
import { databaseDialects, mulberry32, waitFor } from '@spotopt/testkit';
import { TestService } from '@spotopt/testkit/service';
import { ListedPriceHistory } from '../history/history.fake.js';
import { createPricingModule, pricingService } from '../pricing.module.js';
import { factsOf, occurrenceOf } from './fact-sources.js';
import { shuffled } from './fleet-story.contract.js';
import {
  CLIENT,
  exoticReport,
  EXOTIC,
  latePrice,
  moment,
  octoberEvents,
  octoberSeries,
  WEB,
} from './scripted-month.contract.js';

/*
 * The month by hand, in dollars. Prices per hour: A 0.0125 (0.0150 from the 20th), B 0.0118, on-demand 0.0416.
 *
 *  day     primary                                            counterfactual          besides
 *  1       18 h × 0.0125                          = 0.225     18 h        = 0.7488
 *  2       24 h × 0.0125                          = 0.3       24 h        = 0.9984
 *  3       22 h × 0.0125 + 2 h × 0.0131 (filled)  = 0.3012    24 h        = 0.9984
 *  4       21 h × 0.0125                          = 0.2625    21 h        = 0.8736    3 h carried: 3 × 0.0291 = 0.0873 estimated
 *  5       24 h × 0.0125                          = 0.3       0.9984                  standby 16 h × 0.0118 = 0.1888
 *  6       24 h × 0.0125                          = 0.3       0.9984                  standby 20.1 h × 0.0118 = 0.23718
 *  7       24 h × 0.0125                          = 0.3       0.9984
 *  8       10.2 h × 0.0125 + 13.8 h × 0.0118      = 0.29034   0.9984                  switch 0.2 h × 0.0118 + 0.5 h × 0.0125 = 0.00861
 *  9–14    6 × 24 h × 0.0118                      = 1.6992    5.9904
 *  15      721 min × 0.0118 + 719 min × 0.0416    = 0.640304  0.9984                  interruption 1 min × 0.0416 + 1 min × 0.0118 = 0.00089
 *  16–17   2 × 24 h × 0.0416                      = 1.9968    1.9968
 *  18      12 h × 0.0416 + 12 h × 0.0125          = 0.6492    0.9984                  switch 0.5 h × 0.0125 + 0.5 h × 0.0416 = 0.02705
 *  19      24 h × 0.0125                          = 0.3       0.9984
 *  20–31   12 × 24 h × 0.0150                     = 4.32      11.9808
 *  month                                           11.884544  30.576
 *
 * Lines are rounded to a millionth: on the 15th 0.14179666… → 0.141797, 0.49850666… → 0.498507, 0.00069333… → 0.000693
 * and 0.00019666… → 0.000197; the counterfactual of that day is 0.499893 + 0.498507.
 *
 * actual  11.884544 + 0.42598 + 0.03566 + 0.00089 = 12.347074
 * savings 30.576 − 12.347074                      = 18.228926
 */
const WEB_MONTH = {
  onDemandUsd: 30.576,
  actualUsd: 12.347074,
  primaryUsd: 11.884544,
  standbyUsd: 0.42598,
  switchUsd: 0.03566,
  interruptionUsd: 0.00089,
  savingsUsd: 18.228926,
  estimatedSavingsUsd: 0.0873,
  // The 1st 06:00 to the 15th 12:01, and the 18th 12:00 to the end: 342 h 1 min + 324 h.
  spotHours: 666 + 1 / 60,
  // The 15th 12:01 to the 18th 12:00.
  onDemandHours: 72 - 1 / 60,
  standbyHours: 36.1,
  // Two hours of the 3rd.
  filledHours: 2,
  unpricedHours: 0,
  switches: 3,
  interruptions: 1,
  downtimeMs: 12_500,
};

/** The 25th from 06:00 to the end at 0.12 − 0.03: 162 h × 0.09; six hours before the first price count nowhere. */
const EXOTIC_ESTIMATE = 14.58;

const OCTOBER = { from: '2026-10-01', to: '2026-10-31' };
/** 31 days of one workload and 7 of the other. */
const CLOSINGS = 38;

function chargeOf(ec2InstanceId: string, day: string, usd: number, hour = '00:00') {
  return { ec2InstanceId, hourAt: `${day}T${hour}:00.000Z`, usd, hours: null };
}

describe.each(databaseDialects())('the cost ledger on %s', (dialect) => {
  const cleanUps: (() => Promise<unknown>)[] = [];

  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });

  async function start(now: Date) {
    const series = octoberSeries();
    const history = new ListedPriceHistory([]);
    const service = await TestService.start(
      { ...pricingService, createModule: (context) => createPricingModule(context, { history, series }) },
      { dialect, now },
    );
    cleanUps.push(() => service.stop());
    const handled = (): Promise<number> =>
      service.database.uow.read(async (tx) => {
        const sql = `SELECT COUNT(*) AS handled FROM inbox WHERE consumer = 'pricing.ledger'`;
        const [row] = await selectRows<{ handled: number }>(tx, sql);
        return Number(row?.handled);
      });
    // The job looks for work when it gets its lease; then it finds none yet, and later all of it at once.
    const isLeased = (): Promise<boolean> =>
      service.database.uow.read(async (tx) => {
        const rows = await selectRows(tx, `SELECT name FROM lease WHERE name = 'pricing.close-days'`);
        return rows.length > 0;
      });
    await waitFor(isLeased, { what: 'the lease', timeoutMs: 40_000 });
    const tell = async (events: readonly EventOf<EventDefinition>[]): Promise<void> => {
      for (const event of events) await service.send(event);
      // A mere recommendation is nothing to the ledger.
      const telling = events.filter((event) => factsOf(event).length > 0 || occurrenceOf(event) !== null);
      const different = new Set(telling.map(({ id }) => id)).size;
      await waitFor(async () => (await handled()) >= different, { what: 'every event', timeoutMs: 40_000 });
    };
    const closed = () => service.ofType(DayClosedV1);
    return { service, series, tell, closed, ...service };
  }

  type Started = Awaited<ReturnType<typeof start>>;

  /** Small steps: a busy server needs real time, and at one o'clock the tests begin. */
  const octoberClosed = ({ service, closed }: Started): Promise<void> =>
    service.clock.advanceUntil(() => closed().length === CLOSINGS, {
      ...{ stepMs: 1_000, limitMs: 40 * 60_000, what: 'October' },
    });

  /** The service as it is on the first of November at one o'clock, with October closed. */
  async function afterOctober(order: 'told in order' | 'shuffled and told twice' = 'told in order') {
    const started = await start(moment('11-01 00:10'));
    const { service, tell, closed } = started;
    const events = octoberEvents();
    await service.send(exoticReport());
    await waitFor(() => service.ofType(SpotPriceChangedV1).length > 0, { what: 'the estimated price' });
    await tell(order === 'told in order' ? events : shuffled([...events, ...events], mulberry32(11)));
    expect(closed()).toEqual([]);
    // Not the last day before twenty minutes past midnight; the others are long over.
    await service.clock.advanceUntil(() => service.clock.nowMs() >= moment('11-01 00:19').getTime(), {
      stepMs: 60_000,
    });
    expect(closed().filter(({ day }) => day === '2026-10-31')).toEqual([]);
    await octoberClosed(started);
    await service.clock.advance(moment('11-01 01:00').getTime() - service.clock.nowMs());
    return started;
  }

  const report = (
    { service }: Started,
    request: { from: string; to: string; by: 'day' | 'month'; agentId?: string },
  ) => service.rpc.call(SavingsReport, { clientId: CLIENT, agentId: null, ...request });

  it.each(['told in order', 'shuffled and told twice'] as const)(
    'comes to what a month comes to by hand, %s',
    async (order) => {
      const started = await afterOctober(order);
      const { service, closed } = started;
      const web = await report(started, { ...OCTOBER, by: 'month', agentId: WEB });
      expect(web.periods).toHaveLength(1);
      expect(web.periods[0]).toEqual({
        period: '2026-10',
        ...WEB_MONTH,
        spotHours: expect.closeTo(WEB_MONTH.spotHours, 9),
        onDemandHours: expect.closeTo(WEB_MONTH.onDemandHours, 9),
        // 18.228926 of 30.576
        savingsPercent: 59.62,
        settledActualUsd: null,
        settledSavingsUsd: null,
        open: false,
        revised: false,
        anomaly: true,
      });
      const all = await report(started, { ...OCTOBER, by: 'month' });
      expect(all.total).toMatchObject({
        savingsUsd: WEB_MONTH.savingsUsd,
        actualUsd: WEB_MONTH.actualUsd,
        // 0.0873 + 14.58
        estimatedSavingsUsd: 14.6673,
        unpricedHours: 6,
      });
      // 30.75 days are known: 30.576 / 30.75 × 31 and 12.347074 / 30.75 × 31.
      expect(all.projection).toEqual({
        ...{ period: '2026-10', daysKnown: 30.75, daysInMonth: 31 },
        ...{ onDemandUsd: 30.824585, actualUsd: 12.447457, savingsUsd: 18.377128 },
      });
      expect(closed().every(({ revision }) => revision === 1)).toBe(true);
      expect(closed().every(({ previousSavingsUsd }) => previousSavingsUsd === null)).toBe(true);
      const exotic = await report(started, { ...OCTOBER, by: 'month', agentId: EXOTIC });
      expect(exotic.total).toMatchObject({
        savingsUsd: 0,
        actualUsd: 0,
        savingsPercent: null,
        spotHours: 168,
      });
      expect(exotic.total.estimatedSavingsUsd).toBe(EXOTIC_ESTIMATE);
      await service.clock.advance(3_600_000);
      expect(closed()).toHaveLength(CLOSINGS);
    },
    60_000,
  );

  it('counts every day once, also while they are being closed', async () => {
    const started = await start(moment('11-01 00:10'));
    const { service, tell, closed } = started;
    await tell(octoberEvents());
    const month = () => report(started, { ...OCTOBER, by: 'month', agentId: WEB });
    // The whole month is worked out live, and comes to the same as when it is closed.
    const { total } = await month();
    expect(total).toMatchObject({ savingsUsd: WEB_MONTH.savingsUsd, open: true });
    await service.rpc.call(CloseDay, { day: '2026-10-15', clientId: CLIENT });
    expect((await month()).total).toMatchObject({ savingsUsd: WEB_MONTH.savingsUsd, open: true });
    await service.clock.advance(10 * 60_000);
    await service.clock.advanceUntil(
      async () => {
        expect((await month()).total.savingsUsd).toBe(WEB_MONTH.savingsUsd);
        return closed().length === CLOSINGS;
      },
      { stepMs: 2_000, limitMs: 86_400_000, what: 'October' },
    );
    expect((await month()).total.savingsUsd).toBe(WEB_MONTH.savingsUsd);
  });

  it('shows each day, which ones stand out, and the running one up to now', async () => {
    const started = await afterOctober();
    const { periods } = await report(started, {
      from: '2026-09-20',
      to: '2026-11-01',
      by: 'day',
      agentId: WEB,
    });
    expect(periods[0]?.period).toBe('2026-10-01');
    expect(periods).toHaveLength(32);
    const day = (period: string) => periods.find((candidate) => candidate.period === period);
    expect(day('2026-10-15')).toMatchObject({
      ...{ primaryUsd: 0.640304, interruptionUsd: 0.00089, onDemandUsd: 0.9984, savingsUsd: 0.357206 },
      ...{ switches: 1, interruptions: 1, downtimeMs: 9_000 },
    });
    // On-demand all day: no saving.
    expect(day('2026-10-16')).toMatchObject({ actualUsd: 0.9984, savingsUsd: 0, onDemandHours: 24 });
    expect(periods.filter(({ anomaly }) => anomaly).map(({ period }) => period)).toEqual([
      '2026-10-15',
      '2026-10-16',
      '2026-10-17',
      '2026-10-18',
    ]);
    // One hour at 0.0416 against 0.0150.
    expect(day('2026-11-01')).toMatchObject({
      open: true,
      onDemandUsd: 0.0416,
      actualUsd: 0.015,
      spotHours: 1,
    });

    const { rpc } = started.service;
    const totals = await rpc.call(SavingsTotals, { clientId: null });
    // The hour of the other workload is worth 0.09.
    expect(totals.clients).toEqual([
      {
        clientId: CLIENT,
        savingsUsdTotal: 18.255526,
        ...{ savingsUsdThisMonth: 0.0266, onDemandUsdThisMonth: 0.0416, actualUsdThisMonth: 0.015 },
        estimatedSavingsUsdTotal: 14.7573,
      },
    ]);
    expect((await rpc.call(SavingsTotals, { clientId: 'somebody' })).clients).toEqual([]);
  });

  it('shows of which lines a day is made, and what one machine cost', async () => {
    const { service } = await afterOctober();
    const { rpc } = service;
    const dayOf = (day: string) => rpc.call(LedgerDay, { clientId: CLIENT, agentId: WEB, day });
    const gap = await dayOf('2026-10-04');
    expect(gap.open).toBe(false);
    expect(
      gap.lines.map(({ hours, costUsd, carriedHours, estimated }) => [
        hours,
        costUsd,
        carriedHours,
        estimated,
      ]),
    ).toEqual([
      [10, 0.125, 0, false],
      [3, 0.0375, 3, true],
      [11, 0.1375, 0, false],
    ]);
    expect((await dayOf('2026-10-03')).lines.map(({ filledHours }) => filledHours)).toEqual([2]);
    const move = await dayOf('2026-10-08');
    expect(
      move.lines.map((line) => [line.ec2InstanceId, line.purpose, line.costUsd, line.onDemandUsd]),
    ).toEqual([
      ['i-a', 'primary', 0.1275, 0.42432],
      ['i-b', 'switch', 0.00236, 0],
      ['i-a', 'switch', 0.00625, 0],
      ['i-b', 'primary', 0.16284, 0.57408],
    ]);
    expect(move.closings).toEqual([expect.objectContaining({ agentId: WEB, revision: 1, changed: [] })]);
    const sum = move.lines.reduce((total, { costUsd }) => total + Math.round(costUsd * 1e6), 0);
    expect(sum).toBe(Math.round((move.closings[0]?.figures.actualUsd ?? 0) * 1e6));
    const running = await dayOf('2026-11-01');
    expect(running).toMatchObject({ open: true, closings: [], lines: [{ purpose: 'primary', hours: 1 }] });

    const { costs } = await rpc.call(InstanceCosts, { clientId: CLIENT, ec2InstanceId: 'i-c' });
    expect(costs).toEqual({
      startedAt: '2026-10-15T12:00:00.000Z',
      endedAt: '2026-10-18T12:30:00.000Z',
      hours: 72.5,
      costUsd: 3.016,
      // 71 h 59 min as the primary: the rest was the double run.
      ...{ savingsUsd: -0.021493, savingsUsdLast30Days: -0.021493, estimated: false },
    });
    const foreign = await rpc.call(InstanceCosts, { clientId: 'client-2', ec2InstanceId: 'i-c' });
    expect(foreign.costs).toBeNull();
  });

  it('closes a day again after a late price, once', async () => {
    const started = await afterOctober();
    const { service, series, closed } = started;
    const close = () => service.rpc.call(CloseDay, { day: '2026-10-20', clientId: CLIENT });
    expect(await close()).toEqual({ agents: 1, changed: [] });
    series.stretches.push(latePrice());
    // 12 h × 0.013 + 12 h × 0.015 = 0.336 instead of 0.36.
    const change = {
      clientId: CLIENT,
      agentId: WEB,
      revision: 2,
      savingsUsdBefore: 0.6384,
      savingsUsdAfter: 0.6624,
    };
    expect(await close()).toEqual({ agents: 1, changed: [change] });
    expect(await close()).toEqual({ agents: 1, changed: [] });
    await waitFor(() => closed().length === CLOSINGS + 1, { what: 'the announcement' });
    expect(closed().at(-1)).toMatchObject({
      ...{ agentId: WEB, day: '2026-10-20', revision: 2, previousSavingsUsd: 0.6384 },
      figures: { savingsUsd: 0.6624, actualUsd: 0.336 },
    });
    const { closings } = await service.rpc.call(LedgerDay, {
      clientId: CLIENT,
      agentId: WEB,
      day: '2026-10-20',
    });
    expect(closings.map(({ revision, changed }) => [revision, changed])).toEqual([
      [1, []],
      [2, ['actualUsd', 'primaryUsd', 'savingsUsd']],
    ]);
    const { total } = await report(started, { ...OCTOBER, by: 'day', agentId: WEB });
    expect(total).toMatchObject({ revised: true, savingsUsd: 18.252926 });
    const today = service.rpc.call(CloseDay, { day: '2026-11-01', clientId: null });
    await expect(today).rejects.toMatchObject({ code: 'day-not-over' });
  });

  it('puts what AWS charged beside it, once every machine of the day is charged', async () => {
    const started = await afterOctober();
    const load = (importId: string, ...rows: [string, string, number][]) =>
      started.service.rpc.call(ImportCosts, {
        ...{ clientId: CLIENT, importId, source: 'cost-and-usage-report' as const },
        rows: rows.map(([ec2InstanceId, day, usd]) => chargeOf(ec2InstanceId, day, usd)),
      });
    const settled = async (day: string) => {
      const { total } = await report(started, { from: day, to: day, by: 'day', agentId: WEB });
      return [total.settledActualUsd, total.settledSavingsUsd];
    };
    const first = await load(
      'import-1',
      ['i-a', '2026-10-02', 0.31],
      ['i-a', '2026-10-08', 0.134],
      ['i-z', '2026-10-08', 5],
    );
    expect(first).toEqual({ stored: 2, unknownInstances: ['i-z'] });
    // 0.9984 − 0.31
    expect(await settled('2026-10-02')).toEqual([0.31, 0.6884]);
    expect(await settled('2026-10-08')).toEqual([null, null]);
    await load(
      'import-2',
      ['i-b', '2026-10-08', 0.17],
      ['i-a', '2026-10-08', 0.135],
      ['i-a', '2026-10-04', 0.301],
    );
    // 0.9984 − (0.135 + 0.17)
    expect(await settled('2026-10-08')).toEqual([0.305, 0.6934]);
    // What was charged covers the three hours without a price too, so the counterfactual does: 0.9984 − 0.301.
    expect(await settled('2026-10-04')).toEqual([0.301, 0.6974]);
    const month = await report(started, { ...OCTOBER, by: 'month', agentId: WEB });
    expect(month.total.settledActualUsd).toBeNull();
  });

  it('adds up the hours of a day from several files, each hour and source once', async () => {
    const started = await afterOctober();
    const load = (source: RpcRequest<typeof ImportCosts>['source'], ...rows: [string, number][]) =>
      started.service.rpc.call(ImportCosts, {
        ...{ clientId: CLIENT, importId: 'import-1', source },
        rows: rows.map(([hour, usd]) => chargeOf('i-a', '2026-10-02', usd, hour)),
      });
    const settled = async () => {
      const day = { from: '2026-10-02', to: '2026-10-02', by: 'day', agentId: WEB } as const;
      return (await report(started, day)).total.settledActualUsd;
    };
    await load('spot-data-feed', ['00:00', 0.1], ['01:00', 0.05]);
    await load('spot-data-feed', ['02:00', 0.02]);
    expect(await settled()).toBe(0.17);
    await load('spot-data-feed', ['02:00', 0.03]);
    expect(await settled()).toBe(0.18);
    // The other source counts in its place, not beside it.
    await load('cost-and-usage-report', ['00:00', 0.31]);
    expect(await settled()).toBe(0.31);
    await load('spot-data-feed', ['03:00', 0.5]);
    expect(await settled()).toBe(0.31);
    await expect(load('spot-data-feed', ['03:30', 0.5])).rejects.toThrow();
  });
});
