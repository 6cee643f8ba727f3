import { describe, expect, it } from '@jest/globals';
import { AppError } from '@spotopt/kernel';
import { isInstanceNotFound, isPoolRefusal, isQuotaRefusal, isThrottled, toCloudError } from '@spotopt/cloud';

function sdkError(name: string, httpStatusCode: number): Error {
  return Object.assign(new Error(`${name} happened`), { name, $metadata: { httpStatusCode } });
}

describe('toCloudError', () => {
  it.each([
    ['InsufficientInstanceCapacity', 500, 'capacity-insufficient', 'transient'],
    ['UnfulfillableCapacity', 400, 'capacity-unfulfillable', 'transient'],
    ['MaxSpotInstanceCountExceeded', 400, 'spot-quota-exceeded', 'permanent'],
    ['VcpuLimitExceeded', 400, 'on-demand-quota-exceeded', 'permanent'],
    ['RequestLimitExceeded', 503, 'throttled', 'transient'],
    ['IdempotentParameterMismatch', 400, 'idempotency-mismatch', 'bug'],
    ['InvalidInstanceID.NotFound', 400, 'instance-not-found', 'permanent'],
    ['IncorrectInstanceState', 400, 'instance-state-conflict', 'transient'],
    ['UnauthorizedOperation', 403, 'access-denied', 'permanent'],
    ['MaxConfigLimitExceeded', 400, 'placement-score-limit', 'transient'],
    ['SomethingNew', 502, 'cloud-unavailable', 'transient'],
    ['SomethingNew', 400, 'cloud-error', 'permanent'],
  ])('%s with HTTP %i is %s, %s', (name, status, code, kind) => {
    const error = toCloudError(sdkError(name, status), 'RunInstances');
    expect(error).toMatchObject({ code, kind });
    expect(error.details).toMatchObject({ operation: 'RunInstances', awsCode: name });
  });

  it('takes a broken connection as temporary', () => {
    const error = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    expect(toCloudError(error, 'RunInstances')).toMatchObject({
      code: 'cloud-unavailable',
      kind: 'transient',
    });
    expect(toCloudError('odd', 'RunInstances')).toMatchObject({ code: 'cloud-error' });
  });

  it('leaves errors that are classified already', () => {
    const error = AppError.transient('throttled', 'slow down');
    expect(toCloudError(error, 'RunInstances')).toBe(error);
  });

  it('tells reactions apart', () => {
    const of = (name: string): AppError => toCloudError(sdkError(name, 400), 'RunInstances');
    expect(isPoolRefusal(of('InsufficientInstanceCapacity'))).toBe(true);
    expect(isPoolRefusal(of('MaxSpotInstanceCountExceeded'))).toBe(false);
    expect(isQuotaRefusal(of('MaxSpotInstanceCountExceeded'))).toBe(true);
    expect(isThrottled(of('RequestLimitExceeded'))).toBe(true);
    expect(isInstanceNotFound(of('InvalidInstanceID.NotFound'))).toBe(true);
    expect(isInstanceNotFound(new Error('other'))).toBe(false);
  });
});
