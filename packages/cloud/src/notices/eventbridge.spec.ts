import { describe, expect, it } from '@jest/globals';
import { parseEventBridgeMessage } from '@spotopt/cloud';
import fc from 'fast-check';

const FRAME = {
  version: '0',
  id: '12345678-1234-1234-1234-123456789012',
  account: '123456789012',
  time: '2026-01-31T10:00:00Z',
  region: 'us-east-2',
};

function message(source: string, detailType: string, detail: unknown, more: object = {}): string {
  return JSON.stringify({ ...FRAME, source, 'detail-type': detailType, detail, ...more });
}

const COMMON = { eventId: FRAME.id, emittedAt: new Date(FRAME.time), region: 'us-east-2' };

describe('parseEventBridgeMessage', () => {
  it('reads the instance from the detail, whatever the resources look like', () => {
    const body = message(
      'aws.ec2',
      'EC2 Spot Instance Interruption Warning',
      { 'instance-id': 'i-1234567890abcdef0', 'instance-action': 'terminate' },
      { resources: ['arn:aws:ec2:us-east-1b:instance/i-other'] },
    );
    expect(parseEventBridgeMessage(body)).toEqual({
      kind: 'interruption-warning',
      ...COMMON,
      ec2InstanceId: 'i-1234567890abcdef0',
      action: 'terminate',
    });
  });

  it.each([
    [
      'EC2 Instance Rebalance Recommendation',
      { 'instance-id': 'i-1' },
      { kind: 'rebalance-recommendation', ec2InstanceId: 'i-1' },
    ],
    [
      'EC2 Instance State-change Notification',
      { 'instance-id': 'i-1', state: 'shutting-down' },
      { kind: 'state-change', ec2InstanceId: 'i-1', state: 'shutting-down' },
    ],
    [
      'EC2 Spot Instance Request Fulfillment',
      { 'instance-id': 'i-1', 'spot-instance-request-id': 'sir-1' },
      { kind: 'spot-fulfilled', ec2InstanceId: 'i-1', spotInstanceRequestId: 'sir-1' },
    ],
    [
      'EC2 Capacity Reservation Instance Interruption Warning',
      { 'instance-id': 'i-1', 'instance-action': 'terminate' },
      { kind: 'capacity-reservation-interruption', ec2InstanceId: 'i-1', action: 'terminate' },
    ],
  ])('reads %s', (detailType, detail, expected) => {
    expect(parseEventBridgeMessage(message('aws.ec2', detailType, detail))).toEqual({
      ...COMMON,
      ...expected,
    });
  });

  it('reads a scheduled change of several instances, in the affected region', () => {
    const detail = {
      eventArn: 'arn:aws:health:us-west-2::event/1',
      service: 'EC2',
      eventTypeCode: 'AWS_EC2_MAINTENANCE_SCHEDULED',
      eventTypeCategory: 'scheduledChange',
      eventRegion: 'us-west-2',
      affectedAccount: '210987654321',
      communicationId: 'page-1',
      startTime: 'Sat, 05 Jun 2016 15:10:09 GMT',
      affectedEntities: [{ entityValue: 'i-1' }, { entityValue: 'vol-1' }, { entityValue: 'i-2' }],
    };
    expect(parseEventBridgeMessage(message('aws.health', 'AWS Health Event', detail))).toEqual({
      kind: 'scheduled-change',
      ...COMMON,
      ec2InstanceIds: ['i-1', 'i-2'],
      eventTypeCode: 'AWS_EC2_MAINTENANCE_SCHEDULED',
      startsAt: new Date('2016-06-05T15:10:09Z'),
      affectedRegion: 'us-west-2',
      affectedAccount: '210987654321',
      communicationId: 'page-1',
    });
  });

  it('ignores what nobody asked for', () => {
    const health = { service: 'RDS', eventTypeCode: 'X', eventTypeCategory: 'scheduledChange' };
    for (const body of [
      message('aws.s3', 'Object Created', {}),
      message('aws.ec2', 'EC2 Spot Instance Interruption', { 'instance-id': 'i-1' }),
      message('aws.health', 'AWS Health Event', health),
    ]) {
      expect(parseEventBridgeMessage(body)).toMatchObject({ kind: 'ignored' });
    }
  });

  it.each([
    ['', 'not JSON'],
    ['null', 'nothing'],
    ['[]', 'a list'],
    [message('aws.ec2', 'EC2 Spot Instance Interruption Warning', {}), 'no instance'],
    [
      message('aws.ec2', 'EC2 Spot Instance Interruption Warning', { 'instance-id': 7 }),
      'a number for the id',
    ],
    [message('aws.ec2', 'EC2 Instance Rebalance Recommendation', { 'instance-id': 'x' }), 'no instance id'],
    [JSON.stringify({ ...FRAME, time: 'yesterday', source: 'aws.ec2', 'detail-type': 'x' }), 'no time'],
  ])('calls %s malformed', (body) => {
    expect(parseEventBridgeMessage(body)).toMatchObject({ kind: 'malformed' });
  });

  it('answers something for any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (body) => {
        expect(parseEventBridgeMessage(body).kind).toMatch(/^(ignored|malformed)$/);
      }),
      { seed: 20261121, numRuns: 300 },
    );
  });
});
