import { AppError, SystemClock } from '@spotopt/kernel';
import type { WorkloadReport } from '@spotopt/simulator';
import { z } from 'zod';
import { invariant, type Invariant } from './scenario.js';
import type { World } from './world.js';

const MAX_DOWNTIME_MS = 10_000;

const AgentList = z.object({
  agents: z.array(
    z.object({ id: z.string(), logical_agent_id: z.string(), instance_id: z.string().nullable() }),
  ),
});
const REAL_TIME = new SystemClock();
const POLL_MS = 20;
const WITHIN_MS = 120_000;

/** A workload as the API shows it, with a running primary. */
export async function readAgent(
  world: World,
  workload: string,
): Promise<{ agentId: string; ec2InstanceId: string }> {
  const { agents } = AgentList.parse(await world.api.get(`/api/client/${world.clientId}/agents`));
  const agent = agents.find((candidate) => candidate.logical_agent_id === workload);
  if (agent === undefined || agent.instance_id === null) {
    throw AppError.permanent('agent-missing', `${workload} has no running agent`);
  }
  return { agentId: agent.id, ec2InstanceId: agent.instance_id };
}

const SwitchList = z.object({ switches: z.array(z.object({ status: z.string() })) });

/**
 * Stops the engine from moving the workload in the middle of a story, and lets a move that is under way end. The
 * machine that the workload runs on may be another one afterwards.
 */
export async function holdStill(
  world: World,
  workload: string,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<{ agentId: string; ec2InstanceId: string }> {
  const { agentId } = await readAgent(world, workload);
  await world.api.post(`/api/client/agents/${agentId}/config`, { autoSwitchEnabled: false, ...settings });
  await untilOnSimulator(
    'a switch that is under way',
    async () => {
      const { switches } = SwitchList.parse(await world.api.get('/api/switches'));
      return switches.some(({ status }) => status === 'running') ? null : true;
    },
    world,
  );
  return readAgent(world, workload);
}

/** Who served the workload when, measured by the simulated machines and not by what we report. */
export function serviceSince(
  world: World,
  workload: string,
  sinceMs: number,
): Pick<WorkloadReport, 'downtimeMs' | 'openGapMs' | 'overlapMs'> {
  const report = world.simulator.region.workloads
    .reports()
    .find((candidate) => candidate.workload === workload);
  if (report === undefined) throw AppError.permanent('workload-never-served', `${workload} never served`);
  const lengthSince = (spans: readonly { readonly fromMs: number; readonly toMs: number }[]): number =>
    spans.reduce((sum, span) => sum + Math.max(0, span.toMs - Math.max(span.fromMs, sinceMs)), 0);
  return {
    downtimeMs: lengthSince(report.gaps),
    openGapMs: report.openGapMs,
    overlapMs: lengthSince(report.overlaps),
  };
}

/** What every story asks of the workload itself. */
export function serviceInvariants(service: ReturnType<typeof serviceSince>): Invariant[] {
  return [
    invariant(
      'downtime',
      service.downtimeMs <= MAX_DOWNTIME_MS && service.openGapMs === 0,
      `${(service.downtimeMs / 1000).toFixed(1)} simulated s without service, 10 allowed`,
    ),
    invariant(
      'never-two-serving',
      service.overlapMs === 0,
      `${String(service.overlapMs)} ms with two serving`,
    ),
  ];
}

/** Waits for something in the simulated cloud; answers what `probe` found. */
export async function untilOnSimulator<T>(
  what: string,
  probe: () => T | null | Promise<T | null>,
  world: World,
): Promise<T> {
  const giveUpAtMs = REAL_TIME.nowMs() + WITHIN_MS;
  for (;;) {
    world.simulator.region.advance();
    const found = await probe();
    if (found !== null) return found;
    if (REAL_TIME.nowMs() > giveUpAtMs)
      throw AppError.permanent('scenario-timeout', `waited in vain for ${what}`);
    await REAL_TIME.sleep(POLL_MS);
  }
}
