import { createHash } from 'node:crypto';
import type { Ids } from '@spotopt/kernel';
import type { Instance, InstanceState, MaintenanceEvent } from './instance.js';

export interface EventOrigin {
  readonly ids: Ids;
  readonly account: string;
  readonly region: string;
}

/** Times in EventBridge events and in instance metadata have no fraction of a second. */
export function wholeSecond(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}Z`;
}

/** A UUID made from an id, as AWS puts it on events and requests. */
export function uuidOf(seed: string): string {
  const hex = createHash('sha256').update(seed).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

interface EventParts {
  readonly detailType: string;
  readonly atMs: number;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
  readonly source?: string;
}

function envelope(origin: EventOrigin, parts: EventParts): string {
  return JSON.stringify({
    version: '0',
    id: uuidOf(origin.ids.next()),
    'detail-type': parts.detailType,
    source: parts.source ?? 'aws.ec2',
    account: origin.account,
    time: wholeSecond(parts.atMs),
    region: origin.region,
    resources: parts.resources,
    detail: parts.detail,
  });
}

function instanceArn(origin: EventOrigin, instanceId: string): string {
  return `arn:aws:ec2:${origin.region}:${origin.account}:instance/${instanceId}`;
}

export function interruptionWarning(origin: EventOrigin, instance: Instance, atMs: number): string {
  return envelope(origin, {
    detailType: 'EC2 Spot Instance Interruption Warning',
    atMs,
    resources: [instanceArn(origin, instance.id)],
    detail: { 'instance-id': instance.id, 'instance-action': 'terminate' },
  });
}

export function rebalanceRecommendation(origin: EventOrigin, instance: Instance, atMs: number): string {
  return envelope(origin, {
    detailType: 'EC2 Instance Rebalance Recommendation',
    atMs,
    resources: [instanceArn(origin, instance.id)],
    detail: { 'instance-id': instance.id },
  });
}

export function stateChange(
  origin: EventOrigin,
  instance: Instance,
  state: InstanceState,
  atMs: number,
): string {
  return envelope(origin, {
    detailType: 'EC2 Instance State-change Notification',
    atMs,
    resources: [instanceArn(origin, instance.id)],
    detail: { 'instance-id': instance.id, state },
  });
}

export function spotFulfilment(origin: EventOrigin, instance: Instance, atMs: number): string {
  const requestId = instance.spotRequestId ?? '';
  return envelope(origin, {
    detailType: 'EC2 Spot Instance Request Fulfillment',
    atMs,
    resources: [instanceArn(origin, instance.id)],
    detail: { 'spot-instance-request-id': requestId, 'instance-id': instance.id },
  });
}

/** An AWS Health event; its times are RFC 1123 text, unlike those of every other event. */
export function scheduledChange(
  origin: EventOrigin,
  instance: Instance,
  event: MaintenanceEvent,
  atMs: number,
): string {
  const eventTypeCode = `AWS_EC2_INSTANCE_${event.code.replace(/-/g, '_').toUpperCase()}_MAINTENANCE_SCHEDULED`;
  const { region, account } = origin;
  return envelope(origin, {
    detailType: 'AWS Health Event',
    source: 'aws.health',
    atMs,
    resources: [instance.id],
    detail: {
      eventArn: `arn:aws:health:${region}::event/EC2/${eventTypeCode}/${event.eventId}`,
      service: 'EC2',
      eventTypeCode,
      eventTypeCategory: 'scheduledChange',
      eventScopeCode: 'ACCOUNT_SPECIFIC',
      communicationId: event.eventId,
      startTime: new Date(event.notBeforeMs).toUTCString(),
      endTime: new Date(event.notAfterMs).toUTCString(),
      statusCode: 'upcoming',
      eventRegion: region,
      affectedAccount: account,
      eventDescription: [{ language: 'en_US', latestDescription: event.description }],
      affectedEntities: [{ entityValue: instance.id, tags: Object.fromEntries(instance.tags) }],
      page: '1',
      totalPages: '1',
    },
  });
}
