import { z } from 'zod';
import type { Notice } from './notice-queue.js';

const Frame = z.object({
  id: z.string().min(1),
  source: z.string(),
  'detail-type': z.string(),
  time: z.iso.datetime({ offset: true }),
  region: z.string().default(''),
  account: z.string().optional(),
  detail: z.unknown(),
});
type Frame = z.infer<typeof Frame>;

const WarningDetail = z.object({
  'instance-id': z.string().startsWith('i-'),
  'instance-action': z.enum(['terminate', 'stop', 'hibernate']),
});
const InstanceDetail = z.object({ 'instance-id': z.string().startsWith('i-') });
const StateDetail = InstanceDetail.extend({
  state: z.enum(['pending', 'running', 'stopping', 'stopped', 'shutting-down', 'terminated']),
});
const FulfilmentDetail = InstanceDetail.extend({ 'spot-instance-request-id': z.string().min(1) });
const ReservationDetail = InstanceDetail.extend({ 'instance-action': z.string() });
const HealthDetail = z.object({
  service: z.string(),
  eventTypeCode: z.string(),
  eventTypeCategory: z.string(),
  eventArn: z.string().optional(),
  eventRegion: z.string().optional(),
  affectedAccount: z.string().optional(),
  communicationId: z.string().optional(),
  startTime: z.string().optional(),
  affectedEntities: z.array(z.object({ entityValue: z.string() })).default([]),
});

function common(frame: Frame) {
  return { eventId: frame.id, emittedAt: new Date(frame.time), region: frame.region };
}

function ignored(frame: Frame): Notice {
  return { kind: 'ignored', source: frame.source, detailType: frame['detail-type'] };
}

function parseHealth(frame: Frame): Notice {
  const detail = HealthDetail.parse(frame.detail);
  if (detail.service !== 'EC2' || detail.eventTypeCategory !== 'scheduledChange') return ignored(frame);
  // `startTime` is RFC 1123 text, unlike every other time of the event.
  const startMs = detail.startTime === undefined ? Number.NaN : Date.parse(detail.startTime);
  return {
    kind: 'scheduled-change',
    ...common(frame),
    ec2InstanceIds: detail.affectedEntities
      .map((entity) => entity.entityValue)
      .filter((value) => value.startsWith('i-')),
    eventTypeCode: detail.eventTypeCode,
    startsAt: Number.isNaN(startMs) ? null : new Date(startMs),
    affectedRegion: detail.eventRegion ?? frame.region,
    affectedAccount: detail.affectedAccount ?? frame.account ?? null,
    communicationId: detail.communicationId ?? detail.eventArn ?? frame.id,
  };
}

/** One parser per (source, detail-type). The instance is read from `detail`: `resources` varies in shape. */
const PARSERS: ReadonlyMap<string, (frame: Frame) => Notice> = new Map([
  [
    'aws.ec2|EC2 Spot Instance Interruption Warning',
    (frame: Frame): Notice => {
      const detail = WarningDetail.parse(frame.detail);
      return {
        kind: 'interruption-warning',
        ...common(frame),
        ec2InstanceId: detail['instance-id'],
        action: detail['instance-action'],
      };
    },
  ],
  [
    'aws.ec2|EC2 Instance Rebalance Recommendation',
    (frame: Frame): Notice => ({
      kind: 'rebalance-recommendation',
      ...common(frame),
      ec2InstanceId: InstanceDetail.parse(frame.detail)['instance-id'],
    }),
  ],
  [
    'aws.ec2|EC2 Instance State-change Notification',
    (frame: Frame): Notice => {
      const detail = StateDetail.parse(frame.detail);
      return {
        kind: 'state-change',
        ...common(frame),
        ec2InstanceId: detail['instance-id'],
        state: detail.state,
      };
    },
  ],
  [
    'aws.ec2|EC2 Spot Instance Request Fulfillment',
    (frame: Frame): Notice => {
      const detail = FulfilmentDetail.parse(frame.detail);
      return {
        kind: 'spot-fulfilled',
        ...common(frame),
        ec2InstanceId: detail['instance-id'],
        spotInstanceRequestId: detail['spot-instance-request-id'],
      };
    },
  ],
  [
    'aws.ec2|EC2 Capacity Reservation Instance Interruption Warning',
    (frame: Frame): Notice => {
      const detail = ReservationDetail.parse(frame.detail);
      return {
        kind: 'capacity-reservation-interruption',
        ...common(frame),
        ec2InstanceId: detail['instance-id'],
        action: detail['instance-action'],
      };
    },
  ],
  ['aws.health|AWS Health Event', parseHealth],
]);

function malformed(error: unknown): Notice {
  if (error instanceof z.ZodError) {
    const first = error.issues[0];
    return { kind: 'malformed', reason: `${first?.path.join('.') ?? ''}: ${first?.message ?? 'invalid'}` };
  }
  return { kind: 'malformed', reason: error instanceof Error ? error.message : String(error) };
}

/** What a queue message says. Never throws: what cannot be read is a notice of kind `malformed`. */
export function parseEventBridgeMessage(body: string): Notice {
  try {
    const frame = Frame.parse(JSON.parse(body));
    const parse = PARSERS.get(`${frame.source}|${frame['detail-type']}`);
    return parse === undefined ? ignored(frame) : parse(frame);
  } catch (error) {
    return malformed(error);
  }
}
