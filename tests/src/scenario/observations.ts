import { AppError, SystemClock } from '@spotopt/kernel';
import type { WorkloadReport } from '@spotopt/simulator';
import { z } from 'zod';
import type { World } from './world.js';

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

/** Who served the workload when, measured by the simulated machines and not by what we report. */
export function workloadReport(world: World, workload: string): WorkloadReport {
  const report = world.simulator.region.workloads
    .reports()
    .find((candidate) => candidate.workload === workload);
  if (report === undefined) throw AppError.permanent('workload-never-served', `${workload} never served`);
  return report;
}

/** Waits for something in the simulated cloud; answers what `probe` found. */
export async function untilOnSimulator<T>(what: string, probe: () => T | null, world: World): Promise<T> {
  const giveUpAtMs = REAL_TIME.nowMs() + WITHIN_MS;
  for (;;) {
    world.simulator.region.advance();
    const found = probe();
    if (found !== null) return found;
    if (REAL_TIME.nowMs() > giveUpAtMs)
      throw AppError.permanent('scenario-timeout', `waited in vain for ${what}`);
    await REAL_TIME.sleep(POLL_MS);
  }
}
