import { afterEach, describe, expect, it } from '@jest/globals';
import {
  AgentRegisteredV1,
  InterruptionDetectedV1,
  PoolRisk,
  PoolRiskChangedV1,
  type PoolRiskView,
  ReplicaFailedV1,
  SpotPriceChangedV1,
} from '@spotopt/contracts';
import { databaseDialects, sampleSettings, waitFor } from '@spotopt/testkit';
import { TestService } from '@spotopt/testkit/service';
import { decisionService } from '../decision.module.js';

const NOW = new Date('2026-11-21T12:00:00.000Z');
const MINUTE_MS = 60_000;
const A = 't3.medium.us-east-1a';
const MACHINE = 'i-0abc1234';

describe.each(databaseDialects())('the risk of a pool in the service on %s', (dialect) => {
  let service: TestService;

  afterEach(() => service.stop());

  const priceChanged = (usd: number): Promise<void> =>
    service.publish(SpotPriceChangedV1, {
      ...{ poolId: A, region: 'us-east-1', az: 'us-east-1a', instanceType: 't3.medium' },
      ...{ spotUsdPerHour: usd, previousUsdPerHour: null, source: 'spot-price-history' as const },
      observedAt: service.clock.now().toISOString(),
      ...{ onDemandUsdPerHour: 0.04, onDemandSource: 'catalogue' as const },
    });
  const signal = (incidentId: string, urgency: 'warn' | 'terminate'): Promise<void> =>
    service.publish(InterruptionDetectedV1, {
      ...{ incidentId, agentId: 'agent-1', clientId: 'client-1', ec2InstanceId: MACHINE, urgency },
      detectedAt: service.clock.now().toISOString(),
      signal: urgency === 'warn' ? ('rebalance-recommendation' as const) : ('termination-notice' as const),
      ...{ deadlineAt: null, risk: null, bypassed: [] },
    });
  const view = async (): Promise<PoolRiskView | undefined> => {
    const request = { region: null, instanceType: null, poolIds: [A] };
    return (await service.rpc.call(PoolRisk, request)).pools[0];
  };
  const until = (holds: (risk: PoolRiskView) => boolean, what: string): Promise<PoolRiskView> =>
    waitFor(
      async () => {
        const risk = await view();
        return risk !== undefined && holds(risk) ? risk : undefined;
      },
      { what },
    );

  it('follows what happens in the pool, and the schedule', async () => {
    service = await TestService.start(decisionService, { dialect, now: NOW });
    const { clock } = service;
    const placement = { instanceId: 'x', ec2InstanceId: MACHINE, mode: 'spot' as const, poolId: A };
    await service.publish(AgentRegisteredV1, {
      ...{ agentId: 'agent-1', clientId: 'client-1', agentKey: 'agent-1', logicalAgentId: 'web' },
      ...{ region: 'us-east-1', instanceType: 't3.medium', role: 'PRIMARY' as const, epoch: 1 },
      ...{ placement, primary: placement, settings: sampleSettings() },
    });
    await priceChanged(0.01);
    // 0.4·0 + 0.3·0.5 + 0.2·1/(0+1) + 0.1·0.5
    const first = await until(({ score }) => score === 0.4, 'the first score');
    expect(first).toMatchObject({ cause: 'price-changed', label: 'caution' });

    await clock.advance(10 * MINUTE_MS);
    await signal('incident-1', 'warn');
    const noticed = await until(({ cause }) => cause === 'notice', 'a look after a recommendation');
    expect(noticed.parts.interruptions).toBe(0);
    await signal('incident-1', 'terminate');
    const lost = await until(({ cause }) => cause === 'interruption', 'the interruption');
    expect(lost.parts).toMatchObject({ interruptions: 0.0333, age: 1 });

    await clock.advance(5 * MINUTE_MS);
    await service.publish(ReplicaFailedV1, {
      ...{ replicaId: 'r1', agentId: 'agent-1', clientId: 'client-1', ec2InstanceId: null, poolId: A },
      replicaType: 'manual',
      reason: 'no capacity',
      refused: true,
    });
    await until(({ cause }) => cause === 'launch-failed', 'the refused launch');

    // A pass talks to a database, for which simulated time does not wait.
    const isQuiet = async (): Promise<boolean> => ((await view())?.parts.age ?? 1) < 0.4;
    while (!(await isQuiet())) {
      await clock.advance(15 * MINUTE_MS);
      if (clock.nowMs() > NOW.getTime() + 24 * 60 * MINUTE_MS) throw new Error('not quiet within 24 h');
      await waitFor(isQuiet, { what: 'a quiet pool', timeoutMs: 300 }).catch(() => null);
    }
    expect(await view()).toMatchObject({ cause: 'schedule', label: 'safe' });
    await waitFor(() => service.ofType(PoolRiskChangedV1).at(-1)?.label === 'safe', { what: 'the events' });
    const told = service.ofType(PoolRiskChangedV1);
    expect(told[0]).toMatchObject({ poolId: A, previousScore: null, score: 0.4 });
    for (const [index, event] of told.entries()) {
      expect(event.previousScore).toBe(told[index - 1]?.score ?? null);
    }
    const history = { from: NOW.toISOString(), to: clock.now().toISOString() };
    const asked = { region: null, instanceType: null, poolIds: [A], history };
    const [past] = (await service.rpc.call(PoolRisk, asked)).pools;
    expect(past?.history.map(({ cause }) => cause)).toContain('interruption');
    await expect(service.rpc.call(PoolRisk, { ...asked, poolIds: null })).rejects.toMatchObject({
      code: 'invalid-request',
    });
  });
});
