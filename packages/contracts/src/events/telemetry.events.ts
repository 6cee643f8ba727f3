import { z } from 'zod';
import { defineEvent } from '../define.js';
import { Id, Instant, Mode, PoolId, UsdPerHour } from '../primitives.js';

/** Identity of the reporting agent, as the gateway resolved it from its credentials. */
const Reporter = {
  /** Id that this installation uses on the wire; one per EC2 instance. */
  agentKey: Id,
  /** Logical agent: one workload, stable over switches. */
  agentId: Id,
  clientId: Id,
};

export const HeartbeatsV1 = defineEvent({
  name: 'telemetry.heartbeats',
  version: 1,
  owner: 'gateway',
  summary: 'Heartbeats that the gateway received, coalesced into batches.',
  subject: 'the gateway process',
  delivery: 'best-effort',
  data: z.object({
    beats: z.array(
      z.object({
        ...Reporter,
        status: z.enum(['online', 'disabled', 'offline', 'switching', 'error']),
        ec2InstanceId: z.string().nullable(),
        mode: Mode,
        /** Last epoch that the agent obeyed; null for agents that know no epochs. */
        epoch: z.number().int().nonnegative().nullable(),
        /** Whether the workload serves on this instance; null when the agent does not say. */
        serving: z.boolean().nullable(),
        receivedAt: Instant,
      }),
    ),
  }),
});

export const PricingReportedV1 = defineEvent({
  name: 'telemetry.pricing-reported',
  version: 1,
  owner: 'gateway',
  summary: 'A price report of an agent, every wire dialect normalised, with the body as it came.',
  subject: 'logical agent',
  replayed: false,
  data: z.object({
    reportId: Id,
    ...Reporter,
    ec2InstanceId: z.string().nullable(),
    instanceType: z.string().nullable(),
    region: z.string().nullable(),
    mode: Mode,
    currentPoolId: PoolId.nullable(),
    onDemandUsdPerHour: UsdPerHour.nullable(),
    prices: z.array(z.object({ poolId: PoolId, spotUsdPerHour: UsdPerHour, observedAt: Instant })),
    /** Values outside the valid range, kept for the audit and never used. */
    rejected: z.array(z.object({ poolId: z.string(), value: z.unknown(), reason: z.string() })),
    observedAt: Instant,
    receivedAt: Instant,
    body: z.unknown(),
  }),
});

const ReportedInstance = z.object({
  ec2InstanceId: z.string(),
  instanceType: z.string().nullable(),
  region: z.string().nullable(),
  az: z.string().nullable(),
  mode: Mode,
  poolId: PoolId.nullable(),
  amiId: z.string().nullable(),
});

export const SwitchReportedV1 = defineEvent({
  name: 'telemetry.switch-reported',
  version: 1,
  owner: 'gateway',
  summary: 'An agent reports a switch that it carried out by itself.',
  subject: 'logical agent',
  data: z.object({
    reportId: Id,
    ...Reporter,
    old: ReportedInstance,
    new: ReportedInstance,
    onDemandUsdPerHour: UsdPerHour.nullable(),
    oldSpotUsdPerHour: UsdPerHour.nullable(),
    newSpotUsdPerHour: UsdPerHour.nullable(),
    initiatedAt: Instant.nullable(),
    imageCreatedAt: Instant.nullable(),
    launchedAt: Instant.nullable(),
    readyAt: Instant.nullable(),
    trafficSwitchedAt: Instant.nullable(),
    /** Present only if the old instance was really terminated. */
    oldTerminatedAt: Instant.nullable(),
    receivedAt: Instant,
    body: z.unknown(),
  }),
});

/** Every kind of sign that an instance may go away. */
export const InterruptionSignal = z.enum([
  'rebalance-recommendation',
  'termination-notice',
  'scheduled-maintenance',
]);
export type InterruptionSignal = z.infer<typeof InterruptionSignal>;

export const InterruptionSource = z.enum(['imds', 'eventbridge', 'sweep', 'operator']);

export const InterruptionReportedV1 = defineEvent({
  name: 'interruption.reported',
  version: 1,
  owner: 'gateway',
  summary: 'An agent saw a rebalance recommendation or a notice. The same signal may be reported many times.',
  subject: 'logical agent',
  data: z.object({
    ...Reporter,
    ec2InstanceId: z.string(),
    signal: InterruptionSignal,
    source: InterruptionSource,
    detectedAt: Instant,
    /** When AWS takes the instance; null when the signal has no deadline. */
    deadlineAt: Instant.nullable(),
  }),
});
