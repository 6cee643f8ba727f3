import { DecisionMadeV1, InstanceTerminatedV1, SwitchFinishedV1 } from '@spotopt/contracts';
import { AppError } from '@spotopt/kernel';
import { dataOf, ofType } from '../event-log.js';
import { readAgent, serviceInvariants, serviceSince } from '../observations.js';
import { type Findings, invariant, type Scenario } from '../scenario.js';

const TERMINATE_WAIT_MINUTES = 2;

/** A workload on on-demand capacity: the engine finds a spot pool that pays, the coordinator moves it. */
export const normalOptimization: Scenario = {
  name: 'normal-optimization',
  summary: 'from prices to a decision to a switch to cheaper capacity, and the end of the old machine',
  world: { workloads: 1, market: 'on-demand' },
  speed: { standalone: 20, distributed: 5 },

  async play(world, events, tell): Promise<Findings> {
    const workload = world.workloads[0];
    if (workload === undefined) throw AppError.bug('no-workload', 'the world has no workload');
    const zeroMs = world.clock.nowMs();
    const agent = await readAgent(world, workload);
    await world.api.post(`/api/client/agents/${agent.agentId}/config`, {
      autoSwitchEnabled: true,
      autoTerminateEnabled: true,
      terminateWaitMinutes: TERMINATE_WAIT_MINUTES,
    });
    const finished = dataOf(
      SwitchFinishedV1,
      await events.until('a finished switch', (event) => event.type === SwitchFinishedV1.type, {
        withinMs: 180_000,
      }),
    );
    tell(`moved to ${finished.to.poolId}; waiting for the end of the old machine`);
    const ended = dataOf(
      InstanceTerminatedV1,
      await events.until('the end of the old machine', (event) => event.type === InstanceTerminatedV1.type),
    );
    const all = await events.all();
    const decision = ofType(DecisionMadeV1, all).find(({ data }) => data.decisionId === finished.decisionId);
    const switches = ofType(SwitchFinishedV1, all).length;
    const report = serviceSince(world, workload, zeroMs);
    const saving = finished.savingsUsdPerHour ?? Number.NaN;
    const waitedMs = Date.parse(ended.terminatedAt) - Date.parse(finished.finishedAt);
    const candidates = decision?.data.candidates ?? [];
    return {
      zeroMs,
      invariants: [
        invariant('one-switch', switches === 1, `${String(switches)} finished switch(es)`),
        invariant(
          'decision-explains',
          decision !== undefined && decision.data.reason !== '' && candidates.length > 1,
          `${String(candidates.length)} candidates; ${decision?.data.reason ?? 'no decision'}`,
        ),
        invariant('saves-money', saving > 0, `$${saving.toFixed(4)} an hour`),
        invariant(
          'old-machine-ends-after-confirmation',
          ended.ec2InstanceId === agent.ec2InstanceId && waitedMs > 0,
          `${ended.ec2InstanceId} ended ${String(Math.round(waitedMs / 1000))} s after the confirmation`,
        ),
        ...serviceInvariants(report),
      ],
      figures: {
        switches,
        savingsUsdPerHour: saving,
        downtimeSeconds: report.downtimeMs / 1000,
        switchSeconds: (Date.parse(finished.finishedAt) - Date.parse(finished.startedAt)) / 1000,
        candidates: candidates.length,
      },
    };
  },
};
