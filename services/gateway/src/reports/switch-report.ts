import { PoolId, UsdPerHour } from '@spotopt/contracts';
import type { EventData, ResolvedAgent, SwitchReportedV1 } from '@spotopt/contracts';
import { normaliseMode } from '@spotopt/contracts/http';
import type { SwitchReportBody } from '@spotopt/contracts/http';
import { firstGiven } from '../first-given.js';

type SwitchReported = EventData<typeof SwitchReportedV1>;
type InstanceBody = SwitchReportBody['old_instance'];

export interface ReceivedSwitchReport {
  readonly reportId: string;
  readonly agent: ResolvedAgent;
  readonly body: SwitchReportBody;
  readonly receivedAt: string;
}

function instanceOf(body: InstanceBody): SwitchReported['old'] {
  const pool = PoolId.safeParse(body.pool_id);
  return {
    ec2InstanceId: body.instance_id,
    instanceType: firstGiven(body.instance_type),
    region: firstGiven(body.region),
    az: firstGiven(body.az),
    mode: normaliseMode(body.mode),
    poolId: pool.success ? pool.data : null,
    amiId: firstGiven(body.ami_id),
  };
}

function price(value: number | null | undefined): number | null {
  const parsed = UsdPerHour.safeParse(value);
  return parsed.success ? parsed.data : null;
}

/** A switch report of either vocabulary (CT-125) in the words of the contract. */
export function normaliseSwitchReport(received: ReceivedSwitchReport): SwitchReported {
  const { reportId, agent, body, receivedAt } = received;
  const prices = body.prices ?? body.pricing;
  const timing = body.timing ?? {};
  return {
    reportId,
    agentKey: agent.agentKey,
    agentId: agent.agentId,
    clientId: agent.clientId,
    old: instanceOf(body.old_instance),
    new: instanceOf(body.new_instance),
    onDemandUsdPerHour: price(prices?.on_demand),
    oldSpotUsdPerHour: price(prices?.old_spot),
    newSpotUsdPerHour: price(prices?.new_spot),
    initiatedAt: firstGiven(timing.switch_initiated_at, timing.initiated_at),
    imageCreatedAt: firstGiven(timing.ami_created_at),
    launchedAt: firstGiven(timing.new_instance_launched_at, timing.instance_launched_at),
    readyAt: firstGiven(timing.new_instance_ready_at, timing.instance_ready_at),
    trafficSwitchedAt: firstGiven(timing.traffic_switched_at),
    oldTerminatedAt: firstGiven(timing.old_instance_terminated_at, timing.old_terminated_at),
    receivedAt,
    body,
  };
}
