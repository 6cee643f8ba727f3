import {
  InterruptionDetectedV1,
  InterruptionSurvivedV1,
  ReplicaPromotedV1,
  ReplicaReadyV1,
  SwitchFinishedV1,
} from '@spotopt/contracts';
import { AppError } from '@spotopt/kernel';
import { dataOf, ofType } from '../event-log.js';
import { type Findings, invariant, type Scenario } from '../scenario.js';
import { holdStill, untilOnSimulator, serviceSince } from '../observations.js';

const MAX_DOWNTIME_MS = 10_000;

/** A workload with a manual hot standby gets AWS's two-minute notice. */
export const terminationWithReplica: Scenario = {
  name: 'termination-with-replica',
  summary:
    'two-minute notice for a primary with a hot standby: promoted, traffic moved, old machine gone later',
  world: { workloads: 1, market: 'spot' },
  speed: { standalone: 10, distributed: 4 },

  async play(world, events, tell): Promise<Findings> {
    const workload = world.workloads[0];
    if (workload === undefined) throw AppError.bug('no-workload', 'the world has no workload');
    const settings = { manualReplicaEnabled: true, autoTerminateEnabled: true };
    await holdStill(world, workload, settings);
    const ready = dataOf(
      ReplicaReadyV1,
      await events.until('a ready manual standby', (event) =>
        ofType(ReplicaReadyV1, [event]).some(({ data }) => data.replicaType === 'manual'),
      ),
    );
    const agent = await holdStill(world, workload);
    tell(
      `standby ${ready.ec2InstanceId} is ready in ${ready.poolId}; AWS now takes ${agent.ec2InstanceId} back`,
    );
    const zeroMs = world.clock.nowMs();
    world.simulator.region.interrupt(agent.ec2InstanceId, { noticeMs: 120_000 });
    await events.until('the end of the incident', (event) => event.type === InterruptionSurvivedV1.type);
    const goneAtMs = await untilOnSimulator(
      'the old machine to end',
      () => {
        return world.simulator.region.instances.get(agent.ec2InstanceId)?.shuttingDownAtMs ?? null;
      },
      world,
    );
    return judge({ world, events, agent, zeroMs, goneAtMs, workload });
  },
};

interface Evidence {
  readonly world: Parameters<Scenario['play']>[0];
  readonly events: Parameters<Scenario['play']>[1];
  readonly agent: { readonly agentId: string; readonly ec2InstanceId: string };
  readonly zeroMs: number;
  readonly goneAtMs: number;
  readonly workload: string;
}

async function judge({ world, events, agent, zeroMs, goneAtMs, workload }: Evidence): Promise<Findings> {
  const all = (await events.all()).filter((event) => Date.parse(event.time) >= zeroMs);
  const incidents = new Set(
    ofType(InterruptionDetectedV1, all)
      .filter(({ data }) => data.agentId === agent.agentId)
      .map(({ data }) => data.incidentId),
  );
  const promotions = ofType(ReplicaPromotedV1, all);
  const mostPrimaries = Math.max(0, ...promotions.map(({ data }) => data.primariesAfterCommit));
  const finished = ofType(SwitchFinishedV1, all).at(-1)?.data;
  const survived = ofType(InterruptionSurvivedV1, all).at(-1)?.data;
  const confirmedAtMs = finished === undefined ? Number.NaN : Date.parse(finished.finishedAt);
  const report = serviceSince(world, workload, zeroMs);
  const newInstance = promotions[0]?.data.ec2InstanceId;
  const address = world.simulator.region.addresses.all().find(({ instanceId }) => instanceId === newInstance);
  const killed = world.killed();
  return {
    zeroMs,
    invariants: [
      invariant(
        'one-incident',
        incidents.size === 1,
        `${String(incidents.size)} incident(s) from all signals`,
      ),
      invariant('one-promotion', promotions.length === 1, `${String(promotions.length)} promotion(s)`),
      invariant(
        'at-most-one-primary',
        mostPrimaries <= 1,
        `at most ${String(mostPrimaries)} at every commit`,
      ),
      invariant(
        'new-primary-before-old-ends',
        confirmedAtMs < goneAtMs,
        `first heartbeat at the new epoch ${String(Math.round((goneAtMs - confirmedAtMs) / 1000))} s before the old machine ended`,
      ),
      invariant(
        'downtime',
        report.downtimeMs <= MAX_DOWNTIME_MS && report.openGapMs === 0,
        `${(report.downtimeMs / 1000).toFixed(1)} simulated s without service, 10 allowed`,
      ),
      invariant(
        'never-two-serving',
        report.overlapMs === 0,
        `${String(report.overlapMs)} ms with two serving`,
      ),
      invariant('traffic-moved', address !== undefined, `address on ${newInstance ?? 'nothing'}`),
      ...(killed === null
        ? []
        : [invariant('promoting-service-killed', killed, 'SIGKILL between commit and publish')]),
    ],
    figures: {
      incidents: incidents.size,
      promotions: promotions.length,
      mostPrimariesAtACommit: mostPrimaries,
      failoverSeconds: (survived?.failoverMs ?? Number.NaN) / 1000,
      noticeUnusedSeconds: (survived?.noticeUnusedMs ?? Number.NaN) / 1000,
      downtimeSeconds: report.downtimeMs / 1000,
      reportedDowntimeSeconds: (finished?.downtimeMs ?? Number.NaN) / 1000,
    },
  };
}
