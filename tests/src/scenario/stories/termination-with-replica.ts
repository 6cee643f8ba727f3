import {
  InterruptionDetectedV1,
  InterruptionSurvivedV1,
  ReplicaPromotedV1,
  ReplicaReadyV1,
  SwitchFinishedV1,
} from '@spotopt/contracts';
import { AppError } from '@spotopt/kernel';
import { dataOf, lastOf, ofType } from '../event-log.js';
import { type Findings, invariant, type Invariant, type Scenario } from '../scenario.js';
import { holdStill, serviceInvariants, serviceSince, untilOnSimulator } from '../observations.js';

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
  const finished = lastOf(SwitchFinishedV1, all);
  const survived = lastOf(InterruptionSurvivedV1, all);
  const leadMs = goneAtMs - Date.parse(finished.finishedAt);
  const service = serviceSince(world, workload, zeroMs);
  const newInstance = finished.to.ec2InstanceId;
  const holder = world.simulator.region.addresses.all()[0]?.instanceId;
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
        leadMs > 0,
        `first heartbeat at the new epoch ${String(Math.round(leadMs / 1000))} s before the old machine ended`,
      ),
      ...serviceInvariants(service),
      invariant('traffic-moved', holder === newInstance, `address on ${String(holder)}`),
      ...killInvariants(world.killed()),
    ],
    figures: {
      incidents: incidents.size,
      promotions: promotions.length,
      mostPrimariesAtACommit: mostPrimaries,
      failoverSeconds: survived.failoverMs / 1000,
      downtimeSeconds: service.downtimeMs / 1000,
      ...(survived.noticeUnusedMs === null ? {} : { noticeUnusedSeconds: survived.noticeUnusedMs / 1000 }),
      ...(finished.downtimeMs === null ? {} : { reportedDowntimeSeconds: finished.downtimeMs / 1000 }),
    },
  };
}

function killInvariants(killed: boolean | null): Invariant[] {
  if (killed === null) return [];
  return [invariant('promoting-service-killed', killed, 'SIGKILL between commit and publish')];
}
