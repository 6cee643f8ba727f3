import { hasCode } from '@spotopt/kernel';
import { awsError } from '../aws/aws-error.js';
import { QueryReader } from '../aws/query-reader.js';
import { uuidOf } from '../region/notice-events.js';
import type { Instance, Market } from '../region/instance.js';
import type { SimulatedRegion } from '../region/simulated-region.js';
import type { Ec2Action } from './action.js';
import { reservationsXml } from './instance-xml.js';
import { candidateZones, launchInPool, requestedZone, specOf, tagsFor } from './launcher.js';

/** Parameters that may differ when a client token comes again: the token itself, and where to launch. */
const NOT_FINGERPRINTED = [
  'ClientToken',
  'Placement.AvailabilityZone',
  'Placement.AvailabilityZoneId',
  'SubnetId',
  'NetworkInterface.1.SubnetId',
];

function templateData(request: QueryReader, region: SimulatedRegion): QueryReader {
  if (!request.has('LaunchTemplate')) return QueryReader.empty();
  const reference = request.child('LaunchTemplate');
  return region.templates.version({
    id: reference.text('LaunchTemplateId'),
    name: reference.text('LaunchTemplateName'),
    version: reference.text('Version'),
  }).data;
}

function countsOf(request: QueryReader): { minCount: number; maxCount: number } {
  const minCount = request.integer('MinCount') ?? 1;
  const maxCount = request.integer('MaxCount') ?? 1;
  if (minCount < 1 || maxCount < minCount) {
    throw awsError(
      'InvalidParameterValue',
      `MinCount (${minCount}) and MaxCount (${maxCount}) do not fit together`,
    );
  }
  return { minCount, maxCount };
}

interface Launch {
  /** The request over its launch template. */
  readonly request: QueryReader;
  readonly region: SimulatedRegion;
  readonly tags: ReadonlyMap<string, string>;
}

function marketOf(request: QueryReader): Market {
  return request.child('InstanceMarketOptions').text('MarketType') === 'spot' ? 'spot' : 'on-demand';
}

/** In the zone that is asked for, else in the first that has capacity. */
function launch({ request, region, tags }: Launch): Instance[] {
  const instanceType = request.text('InstanceType') ?? 'm1.small';
  const market = marketOf(request);
  const clientToken = request.text('ClientToken') ?? uuidOf(region.ids.next());
  const counts = countsOf(request);
  const launchIn = (zone: string): Instance[] => {
    const spec = specOf(request, { instanceType, zone, market, clientToken, tags });
    return launchInPool(region, { operation: 'RunInstances', spec, ...counts });
  };
  const wanted = requestedZone(region, request);
  if (wanted !== undefined) return launchIn(wanted.name);
  let refusal: unknown = awsError(
    'InvalidParameterValue',
    `Invalid value '${instanceType}' for InstanceType.`,
  );
  for (const zone of candidateZones(region, instanceType, market)) {
    try {
      return launchIn(zone.name);
    } catch (error) {
      if (!hasCode(error, 'InsufficientInstanceCapacity')) throw error;
      refusal = error;
    }
  }
  throw refusal;
}

/**
 * Idempotent by client token within one zone when the request names a zone or subnet, else within the region:
 * the same token in two zones launches twice.
 */
export const runInstances: Ec2Action = (request, region) => {
  const template = templateData(request, region);
  const merged = request.over(template);
  const tags = new Map([...tagsFor(template, 'instance'), ...tagsFor(request, 'instance')]);
  merged.required('ImageId');
  const zone = requestedZone(region, merged)?.name ?? 'region';
  const instances = region.idempotency.once(
    {
      scope: `RunInstances|${zone}`,
      token: request.text('ClientToken'),
      fingerprint: request.canonical(NOT_FINGERPRINTED),
    },
    () => launch({ request: merged, region, tags }),
  );
  return reservationsXml(region, instances)[0] ?? {};
};
