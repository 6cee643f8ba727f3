import { AppError, isAppError } from '@spotopt/kernel';
import type { ErrorKind } from '@spotopt/kernel';

/** Our names for what AWS may answer; callers decide by these and never by AWS's text. */
export type CloudErrorCode =
  | 'capacity-insufficient'
  | 'capacity-unfulfillable'
  | 'spot-quota-exceeded'
  | 'on-demand-quota-exceeded'
  | 'max-price-too-low'
  | 'subnet-full'
  | 'pool-unsupported'
  | 'launch-template-not-found'
  | 'launch-template-exists'
  | 'spot-role-missing'
  | 'throttled'
  | 'idempotency-mismatch'
  | 'instance-not-found'
  | 'instance-state-conflict'
  | 'traffic-target-not-found'
  | 'traffic-target-taken'
  | 'queue-not-found'
  | 'placement-score-limit'
  | 'reservation-exceeded'
  | 'fleet-count-exceeded'
  | 'access-denied'
  | 'credentials-invalid'
  | 'parameter-invalid'
  | 'cloud-unavailable'
  | 'cloud-error';

export interface AwsErrorClass {
  readonly code: CloudErrorCode;
  readonly kind: ErrorKind;
}

const transient = (code: CloudErrorCode): AwsErrorClass => ({ code, kind: 'transient' });
const permanent = (code: CloudErrorCode): AwsErrorClass => ({ code, kind: 'permanent' });

/**
 * The one place where AWS's codes get a meaning. Capacity is `transient`: it comes back, though the caller
 * should try another pool first.
 */
const BY_AWS_CODE: ReadonlyMap<string, AwsErrorClass> = new Map([
  ['InsufficientInstanceCapacity', transient('capacity-insufficient')],
  ['InsufficientHostCapacity', transient('capacity-insufficient')],
  ['InsufficientReservedInstanceCapacity', transient('capacity-insufficient')],
  ['InsufficientCapacity', transient('capacity-insufficient')],
  ['UnfulfillableCapacity', transient('capacity-unfulfillable')],
  ['MaxSpotInstanceCountExceeded', permanent('spot-quota-exceeded')],
  ['VcpuLimitExceeded', permanent('on-demand-quota-exceeded')],
  ['InstanceLimitExceeded', permanent('on-demand-quota-exceeded')],
  ['SpotMaxPriceTooLow', permanent('max-price-too-low')],
  ['InsufficientFreeAddressesInSubnet', permanent('subnet-full')],
  ['Unsupported', permanent('pool-unsupported')],
  ['InvalidLaunchTemplateName.NotFoundException', permanent('launch-template-not-found')],
  ['InvalidLaunchTemplateId.NotFound', permanent('launch-template-not-found')],
  ['InvalidLaunchTemplateName.AlreadyExistsException', permanent('launch-template-exists')],
  ['AuthFailure.ServiceLinkedRoleCreationNotPermitted', permanent('spot-role-missing')],
  ['RequestLimitExceeded', transient('throttled')],
  ['Throttling', transient('throttled')],
  ['ThrottlingException', transient('throttled')],
  ['RequestThrottled', transient('throttled')],
  ['IdempotentParameterMismatch', { code: 'idempotency-mismatch', kind: 'bug' }],
  ['IncorrectSpotRequestState', transient('instance-state-conflict')],
  ['IncorrectInstanceState', transient('instance-state-conflict')],
  ['IncorrectState', transient('instance-state-conflict')],
  ['InvalidInstanceID', transient('instance-state-conflict')],
  ['InvalidInstanceID.NotFound', permanent('instance-not-found')],
  ['InvalidInstanceID.Malformed', permanent('instance-not-found')],
  ['InvalidID', permanent('instance-not-found')],
  ['InvalidAllocationID.NotFound', permanent('traffic-target-not-found')],
  ['InvalidAddress.NotFound', permanent('traffic-target-not-found')],
  ['Resource.AlreadyAssociated', permanent('traffic-target-taken')],
  ['MaxConfigLimitExceeded', transient('placement-score-limit')],
  ['InvalidParameterException', permanent('parameter-invalid')],
  ['ReservationCapacityExceeded', permanent('reservation-exceeded')],
  ['MaxFleetCountExceeded', permanent('fleet-count-exceeded')],
  ['QueueDoesNotExist', permanent('queue-not-found')],
  ['AWS.SimpleQueueService.NonExistentQueue', permanent('queue-not-found')],
  ['UnauthorizedOperation', permanent('access-denied')],
  ['AccessDenied', permanent('access-denied')],
  ['AccessDeniedException', permanent('access-denied')],
  ['AuthFailure', permanent('credentials-invalid')],
  ['InvalidClientTokenId', permanent('credentials-invalid')],
  ['ExpiredToken', transient('credentials-invalid')],
  ['CredentialsProviderError', transient('credentials-invalid')],
  ['InternalError', transient('cloud-unavailable')],
  ['InternalFailure', transient('cloud-unavailable')],
  ['Unavailable', transient('cloud-unavailable')],
  ['ServiceUnavailable', transient('cloud-unavailable')],
  ['TimeoutError', transient('cloud-unavailable')],
  ['InvalidParameterValue', permanent('parameter-invalid')],
  ['InvalidParameterCombination', permanent('parameter-invalid')],
  ['MissingParameter', permanent('parameter-invalid')],
]);

const NETWORK_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'ENOTFOUND', 'EPIPE', 'EAI_AGAIN']);

interface SdkError {
  readonly name?: unknown;
  readonly Code?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: unknown };
}

/** Meaning of one AWS error code; unknown ones by HTTP status (5xx is transient). */
export function classifyAwsCode(awsCode: string, httpStatus?: number): AwsErrorClass {
  const known = BY_AWS_CODE.get(awsCode);
  if (known !== undefined) return known;
  if (NETWORK_CODES.has(awsCode)) return transient('cloud-unavailable');
  if (httpStatus !== undefined && httpStatus >= 500) return transient('cloud-unavailable');
  if (httpStatus === 429) return transient('throttled');
  return permanent('cloud-error');
}

/** AWS's code, wherever this kind of error carries it. */
function awsCodeOf(raw: SdkError): string {
  const candidates = [raw.Code, raw.code, raw.name].filter((value) => typeof value === 'string');
  const known = candidates.find((code) => BY_AWS_CODE.has(code) || NETWORK_CODES.has(code));
  // The SDK wraps some connection errors, so that only their text still has the code.
  const inText = [...NETWORK_CODES].find((code) => String(raw.message).includes(code));
  return known ?? inText ?? candidates[0] ?? 'Unknown';
}

function httpStatusOf(raw: SdkError): number | undefined {
  const status = raw.$metadata?.httpStatusCode;
  return typeof status === 'number' ? status : undefined;
}

/** An error of the AWS SDK as an `AppError`; `operation` says what was tried. */
export function toCloudError(error: unknown, operation: string): AppError {
  if (isAppError(error)) return error;
  const raw: SdkError = typeof error === 'object' && error !== null ? error : {};
  const awsCode = awsCodeOf(raw);
  const httpStatus = httpStatusOf(raw);
  const { code, kind } = classifyAwsCode(awsCode, httpStatus);
  const text = typeof raw.message === 'string' && raw.message !== '' ? raw.message : awsCode;
  return new AppError(code, kind, `${operation}: ${text}`, {
    cause: error,
    details: { operation, awsCode, httpStatus: httpStatus ?? null },
  });
}

function hasCloudCode(error: unknown, codes: readonly CloudErrorCode[]): boolean {
  return isAppError(error) && codes.some((code) => code === error.code);
}

/** That pool has no room (or does not exist): try another pool now, this one later. */
export function isPoolRefusal(error: unknown): boolean {
  return hasCloudCode(error, [
    'capacity-insufficient',
    'capacity-unfulfillable',
    'pool-unsupported',
    'subnet-full',
    'max-price-too-low',
  ]);
}

/** The account may not start more of this market: no pool of it will do. */
export function isQuotaRefusal(error: unknown): boolean {
  return hasCloudCode(error, ['spot-quota-exceeded', 'on-demand-quota-exceeded', 'spot-role-missing']);
}

export function isThrottled(error: unknown): boolean {
  return hasCloudCode(error, ['throttled']);
}

export function isInstanceNotFound(error: unknown): boolean {
  return hasCloudCode(error, ['instance-not-found']);
}
