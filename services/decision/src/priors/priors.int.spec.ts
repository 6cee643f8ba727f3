import { afterEach, describe, expect, it } from '@jest/globals';
import {
  ActivateHazardPriors,
  CanonicalPrices,
  CreateTrainingSet,
  FitHazardPriors,
  type HazardPriorFit,
  ListHazardPriors,
  ListTrainingSets,
  type RpcResponse,
  SpotPriceChangedV1,
} from '@spotopt/contracts';
import { databaseDialects, waitFor } from '@spotopt/testkit';
import { TestService } from '@spotopt/testkit/service';
import { decisionService } from '../decision.module.js';
import { SqlMarkStore } from '../market/mark.store.js';
import { BUILT_IN_PRIORS } from './ports.js';
import { SqlPriorStore } from './priors.store.js';

const NOW = new Date('2026-11-21T12:00:00.000Z');
const FROM = new Date('2026-11-20T12:00:00.000Z');
const A = 't3.medium.us-east-1a';
const MARKET = { region: 'us-east-1', instanceType: 't3.medium' };
const BUCKET_MS = 300_000;
/** Buckets of the day in which no machine ran: after each interruption for half an hour. */
const TAKEN_AT = [40, 120, 200];

type Rows = RpcResponse<typeof CanonicalPrices>['rows'];

function pageOf(from: string, to: string): Rows {
  const count = (Date.parse(to) - Date.parse(from)) / BUCKET_MS;
  return Array.from({ length: count }, (_, index) => {
    const atMs = Date.parse(from) + index * BUCKET_MS;
    const number = (atMs - FROM.getTime()) / BUCKET_MS;
    const isOut = TAKEN_AT.some((taken) => number > taken && number <= taken + 6);
    return {
      ...{ poolId: A, at: new Date(atMs).toISOString(), usdPerHour: 0.01, onDemandUsdPerHour: 0.04 },
      ...{ source: 'primary-report' as const, method: null, confidence: 1, volatility: null },
      ...{ runningInstances: isOut ? 0 : 1, noticeStatus: 'none' as const },
      ...{ terminationReason: null, interruptionOccurred: false },
    };
  });
}

describe.each(databaseDialects())('priors from the own history on %s', (dialect) => {
  let service: TestService;

  afterEach(() => service.stop());

  async function start(): Promise<void> {
    service = await TestService.start(decisionService, {
      ...{ dialect, now: NOW },
      answer: async (outside) => {
        await outside.respond(CanonicalPrices.method, (body) => {
          const { from, to } = JSON.parse(body) as { from: string; to: string };
          return Promise.resolve(JSON.stringify({ rows: pageOf(from, to), nextCursor: null }));
        });
      },
    });
    await service.publish(SpotPriceChangedV1, {
      ...{ poolId: A, ...MARKET, az: 'us-east-1a', spotUsdPerHour: 0.01, previousUsdPerHour: null },
      ...{ source: 'spot-price-history' as const, observedAt: NOW.toISOString() },
      ...{ onDemandUsdPerHour: 0.04, onDemandSource: 'catalogue' as const },
    });
    const marks = new SqlMarkStore();
    await service.database.uow.run(async (tx) => {
      for (const number of TAKEN_AT) {
        const at = new Date(FROM.getTime() + number * BUCKET_MS + 60_000);
        const ec2InstanceId = `i-${String(number)}`;
        await marks.savePlacement(tx, { ec2InstanceId, poolId: A, mode: 'spot', seenAt: at });
        await marks.addInterruption(tx, { incidentId: `incident-${String(number)}`, ec2InstanceId, at });
      }
      // It ends no spell.
      const at = new Date(FROM.getTime() + 2 * BUCKET_MS);
      await marks.savePlacement(tx, { ec2InstanceId: 'i-recommended', poolId: A, mode: 'spot', seenAt: at });
      await marks.addRecommendation(tx, { incidentId: 'recommended', ec2InstanceId: 'i-recommended', at });
    });
  }

  const ask = {
    from: FROM.toISOString(),
    until: NOW.toISOString(),
    region: 'us-east-1',
    instanceTypes: null,
  };
  const fits = async () => service.rpc.call(ListHazardPriors, {});
  /** The pool is scored in the background, and only then known. */
  const asked = async (): Promise<HazardPriorFit> =>
    waitFor(
      () =>
        service.rpc.call(FitHazardPriors, ask).then(
          ({ fit }) => fit,
          () => undefined,
        ),
      {
        what: 'the pool to be known',
      },
    );

  it('are fitted, listed, put to use and out of use again', async () => {
    await start();
    const { fitId } = await asked();
    const priorsInUse = () => service.database.uow.read((tx) => new SqlPriorStore().active(tx, MARKET));
    expect(await fits()).toMatchObject({ builtIn: BUILT_IN_PRIORS, activeFitId: null });
    const done = await waitFor(
      async () => (await fits()).fits.find((fit) => fit.fitId === fitId && fit.state === 'completed'),
      { what: 'the fit' },
    );
    const [market] = done.priors?.markets ?? [];
    // Three interruptions and the stretch that lasts; three times half an hour without a machine.
    expect(market).toMatchObject({
      ...MARKET,
      up: { spells: 4, ended: 3 },
      down: { spells: 3, ended: 3 },
    });
    expect(done).toMatchObject({ pools: 1, progress: 1, active: false, error: null });
    expect(await priorsInUse()).toBeNull();
    await service.rpc.call(ActivateHazardPriors, { fitId });
    expect(await fits()).toMatchObject({ activeFitId: fitId, fits: [{ fitId, active: true }] });
    expect(await priorsInUse()).toEqual({
      up: { alpha: market?.up.alpha, betaSeconds: market?.up.betaSeconds },
      down: { alpha: market?.down.alpha, betaSeconds: market?.down.betaSeconds },
    });
    await service.rpc.call(ActivateHazardPriors, { fitId: null });
    expect(await priorsInUse()).toBeNull();
  });

  it('refuse what makes no sense', async () => {
    await start();
    await asked();
    const code = (promise: Promise<unknown>): Promise<unknown> =>
      promise.then(
        () => 'nothing',
        (error: unknown) => (error as { code: string }).code,
      );
    const backwards = { ...ask, until: ask.from };
    expect(await code(service.rpc.call(FitHazardPriors, backwards))).toBe('invalid-hazard-priors');
    const elsewhere = { ...ask, region: 'eu-west-1' };
    expect(await code(service.rpc.call(FitHazardPriors, elsewhere))).toBe('invalid-training-pools');
    expect(await code(service.rpc.call(ActivateHazardPriors, { fitId: 'nothing' }))).toBe(
      'hazard-priors-unknown',
    );
  });

  it('and training sets are made by the running service', async () => {
    await start();
    await asked();
    const { set } = await service.rpc.call(CreateTrainingSet, { ...ask, name: 'day', format: 'parquet' });
    const made = await waitFor(
      async () => {
        const [found] = (await service.rpc.call(ListTrainingSets, { setId: set.setId })).sets;
        return found?.state === 'completed' ? found : undefined;
      },
      { what: 'the training set' },
    );
    // The last quarter of an hour has not settled.
    expect(made).toMatchObject({ rows: 285, rowsLeftOut: 0, pools: 1, version: 1 });
  });
});
