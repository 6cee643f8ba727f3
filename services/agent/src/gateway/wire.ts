import { Role } from '@spotopt/contracts';
import type {
  Heartbeat,
  PriceReport,
  Registration,
  Standing,
  SwitchReport,
  SwitchedInstance,
} from './gateway.js';

type Json = Readonly<Record<string, unknown>>;

export function asObject(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

export function asText(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

export function asInteger(value: unknown): number | null {
  return typeof value === 'number' && Number.isInteger(value) ? value : null;
}

/** Databases without booleans answer 0 and 1. */
export function asFlag(value: unknown, preset: boolean): boolean {
  if (typeof value === 'boolean') return value;
  return typeof value === 'number' ? value !== 0 : preset;
}

export function asRole(value: unknown): Role | null {
  const parsed = Role.safeParse(typeof value === 'string' ? value.toUpperCase() : value);
  return parsed.success ? parsed.data : null;
}

/** Role and epoch stand beside the settings in one answer and above them in another. */
export function toStanding(body: Json, config: Json): Standing {
  return {
    enabled: asFlag(config['enabled'], true),
    role: asRole(body['role'] ?? config['role']),
    epoch: asInteger(body['epoch'] ?? config['epoch']),
  };
}

/** Servers of different ages answer a bare array or wrap it under one of three names. */
export function toCommandItems(body: unknown): readonly unknown[] {
  if (Array.isArray(body)) return body;
  const wrapped = asObject(body);
  for (const key of ['commands', 'pending_commands', 'data']) {
    const list = wrapped[key];
    if (Array.isArray(list)) return list;
  }
  return [];
}

export function registrationBody(registration: Registration, clientToken: string): Json {
  return {
    client_token: clientToken,
    hostname: registration.hostname,
    instance_id: registration.ec2InstanceId,
    instance_type: registration.instanceType,
    region: registration.region,
    az: registration.az,
    ami_id: registration.amiId,
    agent_version: registration.agentVersion,
    logical_agent_id: registration.logicalAgentId,
    mode: registration.mode,
    private_ip: registration.privateIp ?? 'unknown',
    public_ip: registration.publicIp,
    command_types: registration.commandTypes,
    epoch: registration.epoch,
  };
}

export function heartbeatBody(beat: Heartbeat): Json {
  return {
    status: beat.status,
    monitored_instances: beat.ec2InstanceId === null ? [] : [beat.ec2InstanceId],
    ...(beat.ec2InstanceId === null
      ? {}
      : { instance_id: beat.ec2InstanceId, instance_type: beat.instanceType, mode: beat.mode, az: beat.az }),
    epoch: beat.epoch,
    serving: beat.serving,
  };
}

export function priceReportBody(report: PriceReport): Json {
  const { instanceType, az, mode } = report;
  const poolOf = (zone: string): string => `${instanceType}.${zone}`;
  const cheapest = report.pools.reduce<PriceReport['pools'][number] | null>(
    (best, pool) => (best === null || pool.usdPerHour < best.usdPerHour ? pool : best),
    null,
  );
  const own = report.pools.find((pool) => pool.az === az);
  return {
    instance: {
      instance_id: report.ec2InstanceId,
      instance_type: instanceType,
      region: report.region,
      az,
      mode,
      pool_id: mode === 'spot' ? poolOf(az) : null,
    },
    pricing: {
      // Never an estimate: the control plane reads the price list itself.
      on_demand_price: null,
      current_spot_price: mode === 'spot' ? (own?.usdPerHour ?? null) : null,
      cheapest_pool: cheapest === null ? null : { pool_id: poolOf(cheapest.az), price: cheapest.usdPerHour },
      spot_pools: report.pools.map((pool) => ({
        pool_id: poolOf(pool.az),
        instance_type: instanceType,
        az: pool.az,
        price: pool.usdPerHour,
      })),
      collected_at: report.collectedAt.toISOString(),
    },
  };
}

function switchedInstance(instance: SwitchedInstance): Json {
  return {
    instance_id: instance.ec2InstanceId,
    instance_type: instance.instanceType,
    region: instance.region,
    az: instance.az,
    ami_id: instance.amiId,
    mode: instance.mode,
    pool_id: instance.mode === 'spot' ? `${instance.instanceType}.${instance.az}` : null,
  };
}

export function switchReportBody(report: SwitchReport): Json {
  return {
    old_instance: switchedInstance(report.old),
    new_instance: switchedInstance(report.new),
    snapshot: { used: false, ami_id: null, ami_name: null },
    prices: { on_demand: null, old_spot: null, new_spot: null },
    timing: {
      switch_initiated_at: report.initiatedAt.toISOString(),
      new_instance_launched_at: report.launchedAt.toISOString(),
      new_instance_ready_at: report.readyAt.toISOString(),
      traffic_switched_at: report.trafficSwitchedAt.toISOString(),
    },
    trigger: report.trigger,
    command_id: report.commandId,
  };
}
