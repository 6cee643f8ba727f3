import { afterEach, describe, expect, it } from '@jest/globals';
import {
  AgentRegisteredV1,
  CompareEngines,
  CurrentPrices,
  DecisionMadeV1,
  ListAdvice,
  PoolCatalogue,
  PricesReadV1,
  RawPrices,
} from '@spotopt/contracts';
import type { MessageBus } from '@spotopt/messaging';
import { databaseDialects, sampleSettings, waitFor } from '@spotopt/testkit';
import { TestService } from '@spotopt/testkit/service';
import { z } from 'zod';
import { decisionConfig } from '../config.js';
import { decisionService } from '../decision.module.js';
import { A, B, HOUR_MS, NOW } from './shadow-world.contract.js';

const at = (hours: number): string => new Date(NOW.getTime() + hours * HOUR_MS).toISOString();

async function answerAsPricing(outside: MessageBus): Promise<void> {
  const pool = {
    poolId: B,
    spotUsdPerHour: 0.02,
    onDemandUsdPerHour: 0.1,
    onDemandSource: 'catalogue',
    source: 'spot-price-history',
    observedAt: at(-100),
  };
  await outside.respond(PoolCatalogue.method, () => Promise.resolve(JSON.stringify({ pools: [] })));
  await outside.respond(CurrentPrices.method, () => Promise.resolve(JSON.stringify({ pools: [pool] })));
  const prices = [{ observedAt: at(-100), spotUsdPerHour: 0.02, source: 'spot-price-history' }];
  await outside.respond(RawPrices.method, () => Promise.resolve(JSON.stringify({ prices, total: 1 })));
}

/** With an hour to look ahead, since a whole service takes its time for a simulated day. */
const definition = {
  ...decisionService,
  config: decisionConfig.extend({ adviceHorizonHours: z.number().default(1) }),
};

describe.each(databaseDialects())('advice of the decision service on %s', (dialect) => {
  let service: TestService | undefined;

  afterEach(() => service?.stop());

  it('is served at once, compared when the horizon is over, and summed up', async () => {
    const { clock, rpc, ...running } = (service = await TestService.start(definition, {
      ...{ dialect, now: NOW, answer: answerAsPricing },
    }));
    const read = (hours: number): Promise<void> =>
      service?.publish(PricesReadV1, {
        ...{ region: 'us-east-1', instanceTypes: ['t3.medium'], readUntil: at(hours) },
      }) ?? Promise.resolve();
    const placement = {
      instanceId: 'instance-1',
      ec2InstanceId: 'i-0001',
      mode: 'ondemand',
      poolId: A,
    } as const;
    await service.publish(AgentRegisteredV1, {
      ...{ agentId: 'agent-1', clientId: 'client-1', agentKey: 'agent-1', logicalAgentId: 'web-1' },
      ...{ region: 'us-east-1', instanceType: 't3.medium', role: 'PRIMARY', epoch: 1 },
      ...{ placement, primary: placement, settings: sampleSettings() },
    });
    await read(0);
    const decided = await waitFor(() => running.ofType(DecisionMadeV1)[0], { what: 'a decision' });
    const { decisionId } = decided;
    const adviceOf = async (clientId: string) =>
      (await rpc.call(ListAdvice, { clientId, decisionId, agentId: null })).advice;
    const [open] = await waitFor(
      async () => {
        const advice = await adviceOf('client-1');
        return advice.length === 0 ? undefined : advice;
      },
      { what: 'the advice' },
    );
    expect(open).toMatchObject({
      ...{ role: 'decided', engine: { name: 'hazard' }, outcome: null, horizonEndsAt: at(1) },
      advised: { action: 'switch_to_spot', target: { poolId: B } },
    });
    expect(await adviceOf('another')).toEqual([]);

    await read(2);
    const known = await waitFor(
      async () => {
        await clock.advance(HOUR_MS / 12);
        const [advice] = await adviceOf('client-1');
        return advice?.outcome == null ? undefined : advice;
      },
      { what: 'what came of it', timeoutMs: 20_000 },
    );
    expect(Date.parse(known.evaluatedAt ?? '')).toBeGreaterThanOrEqual(NOW.getTime() + 1.25 * HOUR_MS);
    // An hour at 0.02, and the move.
    expect(known.outcome).toMatchObject({
      cost: { losses: 0, machineUsd: expect.closeTo(0.02, 9) as unknown },
    });
    const { engines, champion } = await rpc.call(CompareEngines, {
      ...{ clientId: null, agentId: null, from: at(0), to: at(0.1) },
    });
    expect(champion).toMatchObject({ name: 'hazard' });
    expect(engines.filter((engine) => engine.champion)).toMatchObject([
      { decisions: 1, compared: 1, agreement: 1, losses: 0 },
    ]);
  });
});
