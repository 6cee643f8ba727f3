import { awsError } from '../aws/aws-error.js';
import type { QueryReader } from '../aws/query-reader.js';
import { toXml } from '../aws/xml.js';
import { uuidOf } from '../region/notice-events.js';
import type { SimulatedRegion } from '../region/simulated-region.js';
import { getCallerIdentity, STS_NAMESPACE } from '../sts/get-caller-identity.js';
import type { Ec2Action } from './action.js';
import {
  allocateAddress,
  associateAddress,
  describeAddresses,
  disassociateAddress,
  releaseAddress,
} from './addresses.js';
import { describeInstances, describeInstanceStatus } from './describe-instances.js';
import { describeSpotPriceHistory } from './describe-spot-price-history.js';
import { createFleet } from './create-fleet.js';
import {
  describeAvailabilityZones,
  describeImages,
  describeInstanceTypeOfferings,
  describeRegions,
  describeSubnets,
} from './describe-places.js';
import { getSpotPlacementScores } from './get-spot-placement-scores.js';
import { describeSpotInstanceRequests } from './describe-spot-instance-requests.js';
import {
  createLaunchTemplate,
  createLaunchTemplateVersion,
  deleteLaunchTemplate,
  describeLaunchTemplates,
  describeLaunchTemplateVersions,
  modifyLaunchTemplate,
} from './launch-template-actions.js';
import { createTags, deleteTags, describeTags } from './tags.js';
import { runInstances } from './run-instances.js';
import { terminateInstances } from './terminate-instances.js';

const EC2_NAMESPACE = 'http://ec2.amazonaws.com/doc/2016-11-15/';

const ACTIONS: Readonly<Record<string, Ec2Action>> = {
  AllocateAddress: allocateAddress,
  AssociateAddress: associateAddress,
  CreateFleet: createFleet,
  CreateLaunchTemplate: createLaunchTemplate,
  CreateLaunchTemplateVersion: createLaunchTemplateVersion,
  CreateTags: createTags,
  DeleteLaunchTemplate: deleteLaunchTemplate,
  DeleteTags: deleteTags,
  DescribeAddresses: describeAddresses,
  DescribeAvailabilityZones: describeAvailabilityZones,
  DescribeImages: describeImages,
  DescribeInstances: describeInstances,
  DescribeInstanceStatus: describeInstanceStatus,
  DescribeInstanceTypeOfferings: describeInstanceTypeOfferings,
  DescribeLaunchTemplates: describeLaunchTemplates,
  DescribeLaunchTemplateVersions: describeLaunchTemplateVersions,
  DescribeRegions: describeRegions,
  DescribeSpotInstanceRequests: describeSpotInstanceRequests,
  DescribeSpotPriceHistory: describeSpotPriceHistory,
  DescribeSubnets: describeSubnets,
  DescribeTags: describeTags,
  DisassociateAddress: disassociateAddress,
  GetSpotPlacementScores: getSpotPlacementScores,
  ModifyLaunchTemplate: modifyLaunchTemplate,
  ReleaseAddress: releaseAddress,
  RunInstances: runInstances,
  TerminateInstances: terminateInstances,
};

/** Answers one request of the Query protocol with XML; throws what goes wrong as an AWS error. */
export function answerQuery(request: QueryReader, region: SimulatedRegion): string {
  const name = request.text('Action') ?? '';
  const requestId = uuidOf(region.ids.next());
  if (name === 'GetCallerIdentity') return getCallerIdentity(region, requestId);
  const action = ACTIONS[name];
  if (action === undefined) {
    throw awsError('InvalidAction', `The action ${name} is not valid for this web service.`);
  }
  region.advance();
  region.faults.beforeActing(name);
  if (request.flag('DryRun') === true) {
    throw awsError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412);
  }
  const content = action(request, region);
  region.faults.afterActing(name);
  return toXml(`${name}Response`, EC2_NAMESPACE, { requestId, ...content });
}

/** The body of a failed call; STS words its errors differently from EC2. */
export function queryErrorBody(
  code: string,
  message: string,
  call: { requestId: string; isSts: boolean },
): string {
  if (call.isSts) {
    const error = { Type: 'Sender', Code: code, Message: message };
    return toXml('ErrorResponse', STS_NAMESPACE, { Error: error, RequestId: call.requestId });
  }
  const content = { Errors: { Error: { Code: code, Message: message } }, RequestID: call.requestId };
  return toXml('Response', undefined, content);
}
