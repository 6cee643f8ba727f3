import { afterEach, describe, expect, it } from '@jest/globals';
import {
  InterruptionDetectedV1,
  InterruptionHandlingV1,
  InterruptionReportedV1,
  InterruptionSurvivedV1,
  createEvent,
  ListIncidents,
  ReplicaLaunchedV1,
  ReplicaReadyV1,
  ReportInterruption,
  SpotPriceChangedV1,
} from '@spotopt/contracts';
import { databaseDialects, waitFor } from '@spotopt/testkit';
import { TestService } from '@spotopt/testkit/service';
import { emergencyService } from './index.js';
import { AGENT, EmergencyWorld, MACHINE, NOW } from './testing/emergency-world.contract.js';

const POOL = 't3.medium.us-east-1a';

describe.each(databaseDialects())('the emergency service on %s', (dialect) => {
  const cleanUps: (() => Promise<unknown>)[] = [];

  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });

  async function start() {
    // Only for the events that it makes.
    const fleet = await EmergencyWorld.open('sqlite');
    cleanUps.push(() => fleet.test.cleanUp());
    const service = await TestService.start(emergencyService, { dialect, now: NOW });
    cleanUps.push(() => service.stop());
    return { fleet, service, ofType: service.ofType, rpc: service.rpc };
  }

  const report = {
    ...AGENT,
    agentKey: AGENT.agentId,
    ec2InstanceId: MACHINE,
    signal: 'termination-notice' as const,
    source: 'imds' as const,
    detectedAt: NOW.toISOString(),
    deadlineAt: new Date(NOW.getTime() + 120_000).toISOString(),
  };

  it('answers an agent’s report at once, calls the coordinator and follows it to the end', async () => {
    const { fleet, service, ofType, rpc } = await start();
    const replica = { ...AGENT, replicaId: 'replica-1', replicaType: 'manual' as const, poolId: POOL };
    const standby = { ...replica, ec2InstanceId: 'i-0002' };
    const envelope = (id: string) => ({ id, time: NOW, subject: AGENT.agentId });
    await service.send(fleet.registered());
    await service.send(createEvent(ReplicaLaunchedV1, { ...envelope('l'), data: standby }));
    await service.send(
      createEvent(ReplicaReadyV1, { ...envelope('r'), data: { ...standby, readyAfterMs: 1 } }),
    );
    const price = { poolId: POOL, region: 'us-east-1', az: 'us-east-1a', instanceType: 't3.medium' };
    await service.send(
      createEvent(SpotPriceChangedV1, {
        ...envelope('p'),
        data: {
          ...price,
          spotUsdPerHour: 0.01,
          previousUsdPerHour: null,
          onDemandUsdPerHour: null,
          source: 'spot-price-history',
          observedAt: NOW.toISOString(),
        },
      }),
    );

    const answer = await waitFor(
      async () => {
        const { standby: ready, ...rest } = await rpc.call(ReportInterruption, report);
        return ready?.ready === true && { ready, ...rest };
      },
      { what: 'the standby' },
    );
    expect(answer.ready).toEqual({ replicaId: 'replica-1', ec2InstanceId: 'i-0002', ready: true });
    await waitFor(() => ofType(InterruptionDetectedV1).length > 0, { what: 'the announcement' });
    expect(ofType(InterruptionDetectedV1)).toEqual([
      expect.objectContaining({
        ...AGENT,
        ec2InstanceId: MACHINE,
        urgency: 'terminate',
        deadlineAt: report.deadlineAt,
      }),
    ]);

    const { incidentId } = answer.incident;
    await service.send(fleet.started(incidentId));
    await waitFor(() => ofType(InterruptionHandlingV1).length > 0, { what: 'the handling' });
    await service.send(fleet.finished(incidentId));
    await waitFor(() => ofType(InterruptionSurvivedV1).length > 0, { what: 'the survival' });
    const { incidents, total } = await rpc.call(ListIncidents, {
      clientId: AGENT.clientId,
      agentId: null,
      limit: 10,
    });
    expect(total).toBe(1);
    expect(incidents).toEqual([
      expect.objectContaining({ incidentId, state: 'survived', switchId: 'switch-1' }),
    ]);
    const foreign = await rpc.call(ListIncidents, { clientId: 'client-2', agentId: null, limit: 10 });
    expect(foreign).toEqual({ incidents: [], total: 0 });
  });

  it('takes reports as events, says again what nobody handles, and refuses foreign machines', async () => {
    const { fleet, service, ofType, rpc } = await start();
    await service.send(fleet.registered());
    const event = createEvent(InterruptionReportedV1, {
      id: 'reported-1',
      time: NOW,
      subject: AGENT.agentId,
      data: report,
    });
    await service.send(event);
    await waitFor(() => ofType(InterruptionDetectedV1).length === 1, { what: 'the announcement' });
    // A second of simulated time for each look: the sweep works on a real database and needs real time.
    const second = async (): Promise<boolean> => {
      await service.clock.advance(1_000);
      return ofType(InterruptionDetectedV1).length === 2;
    };
    await waitFor(second, { what: 'the second announcement', everyMs: 100 });
    const theft = rpc.call(ReportInterruption, { ...report, agentId: 'agent-2', clientId: 'client-2' });
    await expect(theft).rejects.toMatchObject({ code: 'instance-not-found', kind: 'permanent' });
  });
});
