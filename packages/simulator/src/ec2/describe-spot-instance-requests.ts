import { awsError } from '../aws/aws-error.js';
import { instant, items, type XmlElement } from '../aws/xml.js';
import type { EndCause, Instance } from '../region/instance.js';
import type { SimulatedRegion } from '../region/simulated-region.js';
import type { Ec2Action } from './action.js';
import { filterOf } from './filters.js';
import { zoneIdOf } from './find-instances.js';
import { maxResults, pageOf, startOf, writeToken } from './paging.js';

const STATUS_BY_CAUSE: Readonly<Record<EndCause, string>> = {
  user: 'instance-terminated-by-user',
  'no-capacity': 'instance-terminated-no-capacity',
  'by-price': 'instance-terminated-by-price',
  'by-experiment': 'instance-terminated-by-experiment',
  crash: 'instance-terminated-by-service',
};

interface RequestStatus {
  readonly state: 'active' | 'closed';
  readonly code: string;
  readonly updatedAtMs: number;
}

/** The code tells of an interruption at once, while the instance still runs for two minutes. */
function statusOf(instance: Instance): RequestStatus {
  const { interruption, endCause, shuttingDownAtMs } = instance;
  if (endCause !== undefined && shuttingDownAtMs !== undefined) {
    return { state: 'closed', code: STATUS_BY_CAUSE[endCause], updatedAtMs: shuttingDownAtMs };
  }
  if (interruption !== undefined) {
    return {
      state: 'active',
      code: STATUS_BY_CAUSE[interruption.cause],
      updatedAtMs: interruption.noticedAtMs,
    };
  }
  return { state: 'active', code: 'fulfilled', updatedAtMs: instance.launchedAtMs };
}

function requestXml(region: SimulatedRegion, instance: Instance): XmlElement {
  const { state, code, updatedAtMs } = statusOf(instance);
  const limitUsd = instance.maxPriceUsd ?? region.priceBook.onDemand(instance.instanceType)?.usdPerHour;
  return {
    spotInstanceRequestId: instance.spotRequestId,
    spotPrice: limitUsd?.toFixed(6),
    type: 'one-time',
    state,
    status: { code, updateTime: instant(updatedAtMs), message: `The request has the status ${code}.` },
    instanceId: instance.id,
    launchSpecification: { imageId: instance.imageId, instanceType: instance.instanceType },
    createTime: instant(instance.launchedAtMs),
    productDescription: 'Linux/UNIX',
    launchedAvailabilityZone: instance.zone,
    launchedAvailabilityZoneId: zoneIdOf(region, instance.zone),
    instanceInterruptionBehavior: 'terminate',
    tagSet: {},
  };
}

/** One-time requests, one for each spot instance that was launched. */
export const describeSpotInstanceRequests: Ec2Action = (request, region) => {
  const ids = request.texts('SpotInstanceRequestId');
  const all = region.instances.all().filter((instance) => instance.spotRequestId !== undefined);
  const unknown = ids.filter((id) => !all.some((instance) => instance.spotRequestId === id));
  if (unknown.length > 0) {
    const message = `The spot instance request ID '${unknown.join(', ')}' does not exist`;
    throw awsError('InvalidSpotInstanceRequestID.NotFound', message);
  }
  const matches = filterOf<Instance>(request, {
    'instance-id': (instance) => [instance.id],
    'spot-instance-request-id': (instance) => [instance.spotRequestId ?? ''],
    state: (instance) => [statusOf(instance).state],
    'status-code': (instance) => [statusOf(instance).code],
    'launched-availability-zone': (instance) => [instance.zone],
    'launch.instance-type': (instance) => [instance.instanceType],
  });
  const chosen = all.filter((instance) => ids.length === 0 || ids.includes(instance.spotRequestId ?? ''));
  const most = maxResults(request, { least: 5, most: 1000 });
  const page = pageOf(chosen.filter(matches), startOf(request), most);
  return {
    spotInstanceRequestSet: items(page.rows.map((instance) => requestXml(region, instance))),
    ...(page.next === undefined ? {} : { nextToken: writeToken({ start: page.next }) }),
  };
};
