import { afterEach, describe, expect, it } from '@jest/globals';
import { DayClosedV1, type EventDefinition, type EventOf, InstanceTerminatedV1 } from '@spotopt/contracts';
import { UlidIds, type Failpoints, NoFailpoints } from '@spotopt/kernel';
import { changeRows, selectRows } from '@spotopt/persistence';
import { KilledAt, databaseDialects, ManualClock, type TestDatabase, testDatabase } from '@spotopt/testkit';
import { SqlOnDemandPriceStore } from '../on-demand/on-demand-price.store.js';
import { SqlOnDemandPrices } from '../on-demand/on-demand-prices.store.js';
import { pricingService } from '../pricing.module.js';
import { CloseDay } from './close-day.js';
import { CloseDueDays } from './close-due-days.js';
import { CloseOnDemand } from './close-on-demand.js';
import { ComputeDays } from './compute-days.js';
import { FleetStory } from './fleet-story.contract.js';
import { ForgetOldDays } from './forget-old-days.js';
import { SqlLedgerStore } from './ledger.store.js';
import { RecordUsage } from './record-usage.js';
import {
  CLIENT,
  EXOTIC,
  latePrice,
  moment,
  octoberEvents,
  octoberSeries,
  WEB,
} from './scripted-month.contract.js';
import { SqlSettledCostStore } from './settled-cost.store.js';
import { SqlUsageStore } from './usage.store.js';

const NOW = moment('11-01 00:30');
/** What the service keeps by default. */
const KEPT = { priceRetentionDays: 90 };
const OCTOBER = { clientId: CLIENT, agentId: null, from: '2026-10-01', to: '2026-10-31' };

describe.each(databaseDialects())('closing days on %s', (dialect) => {
  const open: TestDatabase[] = [];

  afterEach(async () => {
    for (const { cleanUp } of open.splice(0)) await cleanUp();
  });

  async function setUp() {
    const clock = new ManualClock(NOW);
    const test = await testDatabase(dialect, { ...pricingService, service: 'pricing', clock });
    open.push(test);
    const { uow, outbox, inbox } = test.database;
    const stores = {
      usage: new SqlUsageStore(),
      ledger: new SqlLedgerStore(),
      settled: new SqlSettledCostStore(),
    };
    const series = octoberSeries();
    const deps = { uow, outbox, inbox, clock, ids: new UlidIds(), ...stores };
    const computeDays = new ComputeDays({
      ...stores,
      series,
      onDemand: new SqlOnDemandPrices(new SqlOnDemandPriceStore()),
    });
    const closeWith = (failpoints: Failpoints): CloseDueDays => {
      const closeDay = new CloseDay({ ...deps, failpoints, computeDays }, KEPT);
      return new CloseDueDays({ ...deps, failpoints, closeDay }, { delayMs: 20 * 60_000, batch: 1 });
    };
    const record = new RecordUsage(deps);
    const tell = async (events: readonly EventOf<EventDefinition>[]): Promise<void> => {
      for (const event of events) await record.execute(event);
    };
    return {
      clock,
      uow,
      stores,
      deps,
      series,
      computeDays,
      closeWith,
      close: closeWith(new NoFailpoints()),
      tell,
    };
  }

  type SetUp = Awaited<ReturnType<typeof setUp>>;

  async function written({ uow, stores }: SetUp) {
    return uow.read(async (tx) => ({
      days: await stores.ledger.sumByDay(tx, OCTOBER),
      lines: await stores.ledger.lines(tx, OCTOBER),
      closings: (await stores.ledger.closings(tx, OCTOBER)).length,
      announced: (await selectRows(tx, 'SELECT seq FROM outbox WHERE type = ?', [DayClosedV1.type])).length,
      due: await stores.usage.listDue(tx, { today: '2026-11-01', after: '', limit: 10 }),
    }));
  }

  /** Revisions per day of the first workload, for the days that have more than one. */
  async function revised({ uow, stores }: SetUp): Promise<string[]> {
    const closings = await uow.read((tx) => stores.ledger.closings(tx, { ...OCTOBER, agentId: WEB }));
    return closings.flatMap(({ day, revision }) => (revision > 1 ? [`${day} ${String(revision)}`] : []));
  }

  /** Events of the last days, so that a campaign of kills stays short. */
  const lastDays = () => octoberEvents().filter(({ time }) => time >= moment('10-25 00:00').toISOString());

  it('writes the same wherever it is killed', async () => {
    const reference = await setUp();
    await reference.tell(lastDays());
    await reference.close.execute();
    const wanted = await written(reference);
    expect(wanted).toMatchObject({ closings: 7, announced: 7, due: [] });
    for (let atHit = 1; ; atHit += 1) {
      const test = await setUp();
      await test.tell(lastDays());
      const failpoints = new KilledAt(atHit);
      const killed = await test
        .closeWith(failpoints)
        .execute()
        .then(
          () => false,
          () => true,
        );
      await test.close.execute();
      await test.close.execute();
      expect(await written(test)).toEqual(wanted);
      if (!killed) {
        expect(failpoints.fired).toBe(false);
        // Twice for each of seven days, and once for the workload.
        expect(atHit).toBe(16);
        return;
      }
    }
  });

  it('does nothing twice, and the next night looks at the last seven days again', async () => {
    const test = await setUp();
    await test.tell(octoberEvents());
    await test.close.execute();
    const first = await written(test);
    expect(first.closings).toBe(38);
    test.series.stretches.push(latePrice(), {
      ...latePrice(),
      from: moment('10-28 00:00'),
      until: moment('10-28 01:00'),
    });
    await test.close.execute();
    expect(await written(test)).toEqual(first);
    await test.clock.advance(86_400_000);
    await test.close.execute();
    // The 20th is too old for a price that came by itself; a person may close it again.
    expect(await revised(test)).toEqual(['2026-10-28 2']);
  });

  it('closes an old day again when news of a machine come late, whatever its age', async () => {
    const test = await setUp();
    const events = octoberEvents();
    const isLate = (event: EventOf<EventDefinition>): boolean =>
      event.type === InstanceTerminatedV1.type && event.time === moment('10-08 10:42').toISOString();
    await test.tell(events.filter((event) => !isLate(event)));
    await test.close.execute();
    const sumOf = async (day: string) =>
      test.uow
        .read((tx) => test.stores.ledger.findDay(tx, WEB, day))
        .then((found) => found?.figures.switchMicroUsd);
    // Without its end the old machine goes on costing: 24 h × 0.0125.
    expect(await sumOf('2026-10-09')).toBe(300_000);
    await test.tell(events.filter(isLate));
    await test.close.execute();
    expect(await sumOf('2026-10-08')).toBe(8_610);
    expect(await sumOf('2026-10-09')).toBe(0);
    expect((await revised(test))[0]).toBe('2026-10-08 2');
    const punctual = await setUp();
    await punctual.tell(events);
    await punctual.close.execute();
    const [late, wanted] = [await written(test), await written(punctual)];
    expect(late.lines).toEqual(wanted.lines);
    expect(late.days.map(({ figures }) => figures)).toEqual(wanted.days.map(({ figures }) => figures));
  });

  it('leaves a closed day alone once its prices are gone', async () => {
    const test = await setUp();
    const events = octoberEvents();
    const isLate = (event: EventOf<EventDefinition>): boolean =>
      event.type === InstanceTerminatedV1.type && event.time === moment('10-08 10:42').toISOString();
    await test.tell(events.filter((event) => !isLate(event)));
    await test.close.execute();
    const first = await written(test);
    // At the end of February prices are kept back to the beginning of December.
    await test.clock.advance(119 * 86_400_000);
    test.series.stretches.splice(0);
    await test.tell(events.filter(isLate));
    await test.close.execute();
    const october = await written(test);
    expect(october.days).toEqual(first.days);
    expect(october.lines).toEqual(first.lines);
    const closeDay = new CloseDay(
      { ...test.deps, failpoints: new NoFailpoints(), computeDays: test.computeDays },
      KEPT,
    );
    const onDemand = new CloseOnDemand({ ...test.deps, closeDay }, KEPT);
    const close = (day: string) => onDemand.execute({ day, clientId: CLIENT });
    await expect(close('2026-12-01')).rejects.toMatchObject({
      ...{ code: 'prices-gone', kind: 'permanent' },
      message: expect.stringContaining('2026-12-01'),
    });
    expect(await close('2026-12-03')).toMatchObject({ agents: 2 });
  });

  it('begins again at a day that changed after it was closed and before the workload was done', async () => {
    const test = await setUp();
    const events = octoberEvents();
    const isLate = ({ type, subject }: EventOf<EventDefinition>): boolean =>
      type === InstanceTerminatedV1.type && subject === WEB;
    await test.tell(events.filter((event) => !isLate(event)));
    const page = { today: '2026-11-01', after: '', limit: 1 };
    const [agent] = await test.uow.read((tx) => test.stores.usage.listDue(tx, page));
    expect(agent).toMatchObject({ agentId: WEB, nextDay: null });
    await test.tell(events.filter(isLate));
    const setNextDay = (of: NonNullable<typeof agent>) =>
      test.uow.run((tx) => test.stores.usage.setNextDay(tx, of, page.today));
    expect(agent && (await setNextDay(agent))).toBe(false);
    const [again] = await test.uow.read((tx) => test.stores.usage.listDue(tx, page));
    expect(again && (await setNextDay(again))).toBe(true);
  });

  it('writes lines anew that come to the same figures, without another revision', async () => {
    const test = await setUp();
    const { ledger } = test.stores;
    await test.tell(lastDays());
    await test.close.execute();
    const first = await written(test);
    const of = { agentId: EXOTIC, day: '2026-10-28' };
    await test.uow.run(async (tx) => {
      const lines = await ledger.lines(tx, { ...of, clientId: null, from: of.day, to: of.day });
      const other = lines.map((line) => ({ ...line, poolId: 'x9.large.us-east-1e' }));
      await ledger.replaceLines(tx, of, other);
    });
    expect((await written(test)).lines).not.toEqual(first.lines);
    await test.clock.advance(86_400_000);
    await test.close.execute();
    expect((await written(test)).lines).toEqual(first.lines);
    expect((await written(test)).closings).toBe(first.closings);
  });

  it('names a counterfactual that alone has changed', async () => {
    const test = await setUp();
    await test.tell(lastDays());
    await test.close.execute();
    const key = [EXOTIC, '2026-10-28'];
    const update = 'UPDATE ledger_day SET counterfactual_usd = 7 WHERE agent_id = ? AND day = ?';
    await test.uow.run((tx) => changeRows(tx, update, key));
    await test.clock.advance(86_400_000);
    await test.close.execute();
    const closings = await test.uow.read((tx) =>
      test.stores.ledger.closings(tx, { ...OCTOBER, agentId: EXOTIC, from: '2026-10-28', to: '2026-10-28' }),
    );
    expect(closings.map(({ revision, changed }) => [revision, changed])).toEqual([
      [1, []],
      [2, ['counterfactualUsd']],
    ]);
  });

  it('is as good as its lines: they add up to the day', async () => {
    const test = await setUp();
    await test.tell(octoberEvents());
    await test.close.execute();
    const { days, lines } = await written(test);
    for (const { day, figures } of days) {
      const counted = lines.filter(
        (line) => !line.estimated && new Date(line.fromMs).toISOString().startsWith(day),
      );
      const sum = (of: (line: (typeof lines)[number]) => number) =>
        counted.reduce((total, line) => total + of(line), 0);
      const { primaryMicroUsd, standbyMicroUsd, switchMicroUsd, interruptionMicroUsd } = figures;
      expect(sum((line) => line.onDemandMicroUsd)).toBe(figures.onDemandMicroUsd);
      expect(sum((line) => line.costMicroUsd)).toBe(
        primaryMicroUsd + standbyMicroUsd + switchMicroUsd + interruptionMicroUsd,
      );
    }
  });

  it('forgets what is older than the ledger reaches back, in chunks', async () => {
    const test = await setUp();
    await test.tell(octoberEvents());
    await test.close.execute();
    const importedAt = NOW;
    await test.uow.run((tx) =>
      test.stores.settled.save(tx, {
        ...{ clientId: CLIENT, ec2InstanceId: 'i-a', usd: 0.3, hours: null },
        ...{ hourAt: moment('10-02 00:00'), source: 'cost-and-usage-report' },
        ...{ importId: 'import-1', importedAt },
      }),
    );
    // The 19th is the first day that stays.
    const forget = new ForgetOldDays(test.deps, { keepDays: 13, chunk: 5 });
    const forgotten = { days: 18, settledCosts: 1, machines: 4, occurrences: 4 };
    expect(await forget.execute()).toMatchObject(forgotten);
    const nothing = { days: 0, settledCosts: 0, machines: 0, strayFacts: 0, occurrences: 0 };
    expect(await forget.execute()).toEqual(nothing);
    const { days, lines } = await written(test);
    expect(days[0]?.day).toBe('2026-10-19');
    expect(lines.every(({ fromMs }) => fromMs >= moment('10-19 00:00').getTime())).toBe(true);
    const facts = await test.uow.read((tx) =>
      selectRows<{ id: string }>(tx, 'SELECT DISTINCT ec2_instance_id AS id FROM usage_fact ORDER BY id'),
    );
    expect(facts.map(({ id }) => id)).toEqual(['i-d', 'i-x']);
    // The night after, nothing is closed again that was forgotten.
    await test.clock.advance(86_400_000);
    await test.close.execute();
    expect((await written(test)).days[0]?.day).toBe('2026-10-19');
  });

  it('forgets facts that name no machine once nothing is left that they are about', async () => {
    const test = await setUp();
    const storyOf = (agentId: string) => new FleetStory({ agentId, clientId: CLIENT }, moment);
    const running = storyOf('agent-8')
      .registered('10-02 00:00', 'r', 'PRIMARY')
      .givenUp('10-02 00:10', 'r', null);
    const over = storyOf('agent-9')
      .registered('10-02 00:00', 'g', 'PRIMARY')
      .givenUp('10-03 00:00', 'g', null)
      .givenUp('10-03 00:00', 'never-launched', null)
      .terminated('10-04 00:00', 'g')
      .deleted('10-05 00:00');
    await test.tell([...running.events, ...over.events]);
    const forget = new ForgetOldDays(test.deps, { keepDays: 13, chunk: 2 });
    expect(await forget.execute()).toMatchObject({ machines: 1, strayFacts: 3 });
    const left = await test.uow.read((tx) =>
      selectRows<{ id: string }>(tx, 'SELECT DISTINCT instance_id AS id FROM usage_fact'),
    );
    expect(left.map(({ id }) => id)).toEqual(['r']);
  });
});
