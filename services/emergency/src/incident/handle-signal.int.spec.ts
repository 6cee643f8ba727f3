import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { InterruptionDetectedV1 } from '@spotopt/contracts';
import { selectRows } from '@spotopt/persistence';
import { databaseDialects, mulberry32 } from '@spotopt/testkit';
import { AGENT, EmergencyWorld, MACHINE } from '../testing/emergency-world.contract.js';
import type { Signal } from './incident.js';

const HOUR_MS = 3_600_000;

describe.each(databaseDialects())('signals of an interruption on %s', (dialect) => {
  let world: EmergencyWorld;

  beforeAll(async () => {
    world = await EmergencyWorld.open(dialect);
  });
  afterAll(() => world.test.cleanUp());
  beforeEach(async () => {
    await world.clear();
    await world.follow.placed(world.registered());
  });

  const every = (): { signal: Signal; reporter: typeof AGENT | null }[] => {
    const kinds = ['termination-notice', 'rebalance-recommendation', 'scheduled-maintenance'] as const;
    return kinds.flatMap((kind) => [
      { signal: world.signal({ kind, source: 'imds' }), reporter: AGENT },
      { signal: world.signal({ kind, source: 'eventbridge' }), reporter: null },
      { signal: world.signal({ kind, source: 'sweep' }), reporter: null },
    ]);
  };

  it.each([1, 2, 3, 4, 5])('of all sources fuse into one incident, in any order (%i)', async (seed) => {
    const random = mulberry32(seed);
    const order = every()
      .map((entry) => ({ entry, at: random() }))
      .sort((a, b) => a.at - b.at);
    for (const { entry } of order) await world.handle.execute(entry.signal, entry.reporter);
    expect(await world.onlyIncident()).toMatchObject({ urgency: 'terminate', signalCount: 9, ...AGENT });
    const detected = (await world.events(InterruptionDetectedV1)).map((event) => event.data.urgency);
    expect(detected.at(-1)).toBe('terminate');
    expect(detected.length).toBeLessThanOrEqual(2);
    expect(new Set(detected).size).toBe(detected.length);
  });

  it('fuse into one when they come at the same moment', async () => {
    const answers = await Promise.all(
      [...every(), ...every()].map(({ signal, reporter }) => world.handle.execute(signal, reporter)),
    );
    const incident = await world.onlyIncident();
    expect(incident).toMatchObject({ urgency: 'terminate', signalCount: 18 });
    expect(new Set(answers.map((answer) => answer?.incident.id))).toEqual(new Set([incident.id]));
    const rows = await world.deps.uow.read((tx) => selectRows(tx, 'SELECT number FROM incident_signal'));
    expect(rows).toHaveLength(18);
    const notices = (await world.events(InterruptionDetectedV1)).filter(
      ({ data }) => data.urgency === 'terminate',
    );
    expect(notices).toHaveLength(1);
  });

  it('raise a recommendation to a notice, with its deadline, and say what is bypassed', async () => {
    const first = await world.handle.execute(world.signal({ kind: 'rebalance-recommendation' }), AGENT);
    expect(first).toMatchObject({ changed: true, incident: { urgency: 'warn', deadlineAt: null } });
    await world.clock.advance(30_000);
    const second = await world.handle.execute(world.signal(), AGENT);
    expect(second?.changed).toBe(true);
    expect(second?.incident).toMatchObject({
      id: first?.incident.id,
      urgency: 'terminate',
      deadlineAt: new Date(world.clock.nowMs() + 118_000),
    });
    const third = await world.handle.execute(world.signal({ source: 'eventbridge' }), null);
    expect(third?.changed).toBe(false);
    const [warned, raised] = await world.events(InterruptionDetectedV1);
    expect(warned).toMatchObject({ severity: 'warning', data: { bypassed: [] } });
    expect(raised?.severity).toBe('critical');
    expect(raised?.data.bypassed).toContain('auto_switch_enabled');
    const noticeMs = world.clock.nowMs();
    expect([warned, raised].map((event) => Date.parse(event?.data.detectedAt ?? ''))).toEqual([
      noticeMs - 30_000,
      noticeMs,
    ]);
  });

  it('after the survival change nothing', async () => {
    const opened = await world.handle.execute(world.signal(), AGENT);
    const incidentId = opened?.incident.id ?? '';
    await world.track.finished(world.finished(incidentId));
    await world.clock.advance(200_000);
    const late = await world.handle.execute(world.signal({ source: 'eventbridge' }), null);
    expect(late).toMatchObject({ changed: false, incident: { id: incidentId, state: 'survived' } });
    expect(await world.events(InterruptionDetectedV1)).toHaveLength(1);
  });

  it('open a new incident when a recommendation comes after one expired, even one that was long under way', async () => {
    await world.handle.execute(world.signal({ kind: 'rebalance-recommendation' }), AGENT);
    await world.clock.advance(2 * HOUR_MS + 1);
    await world.track.sweep();
    expect((await world.onlyIncident()).state).toBe('expired');
    const emittedEarlier = new Date(world.clock.nowMs() - 3 * HOUR_MS);
    const signal = world.signal({ kind: 'rebalance-recommendation', detectedAt: emittedEarlier });
    const again = await world.handle.execute(signal, AGENT);
    expect(again?.changed).toBe(true);
    expect((await world.handle.execute(signal, AGENT))?.incident.id).toBe(again?.incident.id);
    expect(await world.all()).toHaveLength(2);
  });

  it('of machines that are not ours are dropped', async () => {
    expect(await world.handle.execute(world.signal({ ec2InstanceId: 'i-0099' }), null)).toBeNull();
    expect(await world.all()).toEqual([]);
  });

  it('of an agent whose machine is not known yet are taken at its word', async () => {
    const answer = await world.handle.execute(world.signal({ ec2InstanceId: 'i-0002' }), AGENT);
    expect(answer?.incident).toMatchObject({ ...AGENT, poolId: null, risk: null });
  });

  it('about the machine of another tenant are not believed', async () => {
    const thief = { agentId: 'agent-2', clientId: 'client-2' };
    expect(await world.handle.execute(world.signal(), thief)).toBeNull();
    expect(await world.all()).toEqual([]);
    const owner = await world.handle.execute(world.signal(), AGENT);
    expect(owner).toMatchObject({ changed: true, incident: AGENT });
  });

  it('start anew when the machine belongs to another workload by now', async () => {
    const first = await world.handle.execute(world.signal(), AGENT);
    await world.clock.advance(1_000);
    await world.follow.placed(world.registered({ agentId: 'agent-9' }));
    const second = await world.handle.execute(world.signal(), null);
    expect(second).toMatchObject({ changed: true, incident: { agentId: 'agent-9' } });
    const old = (await world.all()).find(({ id }) => id === first?.incident.id);
    expect(old?.state).toBe('expired');
  });

  it('carry the risk of the pool and name the standby that takes over', async () => {
    await world.follow.placed(
      world.registered({
        role: 'REPLICA',
        placement: { instanceId: 'r', ec2InstanceId: 'i-0002', mode: 'spot', poolId: 't3.medium.us-east-1b' },
      }),
    );
    const answer = await world.handle.execute(world.signal(), AGENT);
    // Youth 1, unknown volatility and trend: 0.3 · 0.5 + 0.2 + 0.1 · 0.5.
    expect(answer?.incident.risk).toBeCloseTo(0.4, 6);
    // A machine that nobody made as a standby takes nothing over.
    expect(answer?.standby).toBeNull();
    expect((await world.onlyIncident()).ec2InstanceId).toBe(MACHINE);
  });
});
