import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  InterruptionDetectedV1,
  InterruptionExpiredV1,
  InterruptionHandlingV1,
  InterruptionLostV1,
  InterruptionSurvivedV1,
} from '@spotopt/contracts';
import { databaseDialects } from '@spotopt/testkit';
import { AGENT, EmergencyWorld } from '../testing/emergency-world.contract.js';

const MINUTE_MS = 60_000;

describe.each(databaseDialects())('the course of an incident on %s', (dialect) => {
  let world: EmergencyWorld;
  let incidentId = '';

  beforeAll(async () => {
    world = await EmergencyWorld.open(dialect);
  });
  afterAll(() => world.test.cleanUp());
  beforeEach(async () => {
    await world.clear();
    await world.follow.placed(world.registered());
    incidentId = (await world.handle.execute(world.signal(), AGENT))?.incident.id ?? '';
  });

  const announced = async (): Promise<number> => (await world.events(InterruptionDetectedV1)).length;

  it('goes from the start of the failover to the survival, with the time that it took', async () => {
    const started = world.started(incidentId);
    await world.track.started(started);
    await world.track.started(started);
    expect(await world.onlyIncident()).toMatchObject({ state: 'handling', switchId: 'switch-1' });
    await world.clock.advance(12_500);
    const finished = world.finished(incidentId);
    await world.track.finished(finished);
    await world.track.finished(finished);
    expect(await world.onlyIncident()).toMatchObject({ state: 'survived', failoverMs: 12_500 });
    expect(await world.events(InterruptionHandlingV1)).toHaveLength(1);
    const [survived, ...more] = await world.events(InterruptionSurvivedV1);
    expect(more).toEqual([]);
    expect(survived?.data).toMatchObject({
      newEc2InstanceId: 'i-0002',
      noticeUnusedMs: 105_500,
      downtimeMs: 900,
    });
  });

  it('survives events in the wrong order', async () => {
    const started = world.started(incidentId);
    await world.track.finished(world.finished(incidentId));
    await world.track.started(started);
    expect((await world.onlyIncident()).state).toBe('survived');
    expect(await world.events(InterruptionHandlingV1)).toEqual([]);
  });

  it('follows a failover that starts anew', async () => {
    await world.track.started(world.started(incidentId, 'switch-1'));
    await world.track.started(world.started(incidentId, 'switch-2'));
    expect(await world.onlyIncident()).toMatchObject({ state: 'handling', switchId: 'switch-2' });
    expect(await world.events(InterruptionHandlingV1)).toHaveLength(1);
  });

  it('ignores planned switches and incidents that nobody knows', async () => {
    await world.track.started(world.started(null));
    await world.track.finished(world.finished('incident-unknown'));
    expect((await world.onlyIncident()).state).toBe('detected');
  });

  it('is announced again, with its own incident, until somebody handles it', async () => {
    await world.track.sweep();
    expect(await announced()).toBe(1);
    await world.clock.advance(5_000);
    await world.track.sweep();
    await world.track.sweep();
    expect(await announced()).toBe(2);
    const ids = (await world.events(InterruptionDetectedV1)).map((event) => [
      event.id,
      event.data.incidentId,
    ]);
    expect(new Set(ids.map(([id]) => id)).size).toBe(2);
    expect(new Set(ids.map(([, incident]) => incident))).toEqual(new Set([incidentId]));
    await world.track.started(world.started(incidentId));
    await world.clock.advance(5_000);
    await world.track.sweep();
    expect(await announced()).toBe(2);
  });

  it('is lost a minute after its deadline, and saved after all by a late end', async () => {
    await world.clock.advance(118_000 + MINUTE_MS);
    await world.track.sweep();
    expect((await world.onlyIncident()).state).toBe('detected');
    await world.clock.advance(1);
    await world.track.sweep();
    await world.track.sweep();
    expect((await world.onlyIncident()).state).toBe('lost');
    expect((await world.events(InterruptionLostV1)).map(({ data }) => data.reason)).toEqual([
      'no failover was started',
    ]);
    await world.track.finished(world.finished(incidentId));
    expect((await world.onlyIncident()).state).toBe('survived');
    expect((await world.events(InterruptionSurvivedV1))[0]?.data.noticeUnusedMs).toBeLessThan(0);
  });

  it('loses nothing when the workload does not run on the machine', async () => {
    const placement = {
      instanceId: 'r',
      ec2InstanceId: 'i-0002',
      mode: 'spot' as const,
      poolId: 'a.us-east-1b',
    };
    await world.follow.placed(world.registered({ role: 'REPLICA', placement }));
    const opened = await world.handle.execute(world.signal({ ec2InstanceId: 'i-0002' }), null);
    await world.track.finished(world.finished(incidentId));
    const before = await announced();
    await world.clock.advance(5_000);
    await world.track.sweep();
    expect(await announced()).toBe(before);
    await world.clock.advance(3 * MINUTE_MS);
    await world.track.sweep();
    const incident = (await world.all()).find(({ id }) => id === opened?.incident.id);
    expect(incident?.state).toBe('expired');
    expect(await world.events(InterruptionLostV1)).toEqual([]);
  });

  it('expires two hours after the last recommendation', async () => {
    await world.clear();
    const warn = { kind: 'rebalance-recommendation' } as const;
    await world.handle.execute(world.signal(warn), AGENT);
    await world.clock.advance(90 * MINUTE_MS);
    await world.handle.execute(world.signal(warn), AGENT);
    await world.clock.advance(90 * MINUTE_MS);
    await world.track.sweep();
    expect((await world.onlyIncident()).state).toBe('detected');
    await world.clock.advance(30 * MINUTE_MS + 1);
    await world.track.sweep();
    expect((await world.onlyIncident()).state).toBe('expired');
    expect(await world.events(InterruptionExpiredV1)).toHaveLength(1);
  });
});
