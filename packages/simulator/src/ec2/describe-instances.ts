import { awsError } from '../aws/aws-error.js';
import { instant, items, type XmlElement } from '../aws/xml.js';
import { stateAt, type Instance } from '../region/instance.js';
import type { SimulatedRegion } from '../region/simulated-region.js';
import type { Ec2Action } from './action.js';
import { filterOf } from './filters.js';
import { instanceFilterFields, instancesByIds, visibleInstances, zoneIdOf } from './find-instances.js';
import { reservationsXml, stateXml } from './instance-xml.js';
import type { QueryReader } from '../aws/query-reader.js';
import { maxResults, pageOf, startOf, writeToken, type Page } from './paging.js';

interface Selection {
  readonly request: QueryReader;
  readonly region: SimulatedRegion;
  readonly operation: string;
  readonly also?: (instance: Instance) => boolean;
}

/** One page of the instances that a request asks for, in the order of their launch. */
function selectedPage({ request, region, operation, also = () => true }: Selection): Page<Instance> {
  const ids = request.texts('InstanceId');
  if (ids.length > 0 && request.has('MaxResults')) {
    const message = 'The parameter instancesSet cannot be used with the parameter maxResults';
    throw awsError('InvalidParameterCombination', message);
  }
  const matches = filterOf(request, instanceFilterFields(region), (instance: Instance) => instance.tags);
  const candidates =
    ids.length > 0 ? instancesByIds(region, operation, ids) : visibleInstances(region, operation);
  const chosen = candidates.filter((instance) => matches(instance) && also(instance));
  const most = ids.length > 0 ? chosen.length : maxResults(request, { least: 5, most: 1000 });
  const order = new Map(region.instances.all().map((instance, index) => [instance.id, index]));
  const start = startOf(request);
  const rest = chosen.filter((instance) => (order.get(instance.id) ?? 0) >= start);
  const { rows, next } = pageOf(rest, 0, most);
  const last = rows.at(-1);
  return { rows, next: next === undefined || last === undefined ? undefined : (order.get(last.id) ?? 0) + 1 };
}

function nextToken(next: number | undefined): XmlElement {
  return next === undefined ? {} : { nextToken: writeToken({ start: next }) };
}

export const describeInstances: Ec2Action = (request, region) => {
  const page = selectedPage({ request, region, operation: 'DescribeInstances' });
  return { reservationSet: items(reservationsXml(region, page.rows)), ...nextToken(page.next) };
};

function checkXml(instance: Instance, nowMs: number): XmlElement {
  const isRunning = stateAt(instance, nowMs) === 'running';
  const isOk = isRunning && instance.statusOkAtMs <= nowMs;
  const status = isOk ? 'ok' : isRunning ? 'initializing' : 'not-applicable';
  const reachability = isOk ? 'passed' : 'initializing';
  if (!isRunning) return { status };
  return { status, details: items([{ name: 'reachability', status: reachability }]) };
}

function statusXml(region: SimulatedRegion, instance: Instance): XmlElement {
  const nowMs = region.clock.nowMs();
  return {
    instanceId: instance.id,
    availabilityZone: instance.zone,
    availabilityZoneId: zoneIdOf(region, instance.zone),
    eventsSet: items(
      instance.maintenance.map((event) => ({
        instanceEventId: event.eventId,
        code: event.code,
        description: event.description,
        notBefore: instant(event.notBeforeMs),
        notAfter: instant(event.notAfterMs),
      })),
    ),
    instanceState: stateXml(instance, nowMs),
    systemStatus: checkXml(instance, nowMs),
    instanceStatus: checkXml(instance, nowMs),
  };
}

/** Shows running instances only, unless `IncludeAllInstances` asks for the others too. */
export const describeInstanceStatus: Ec2Action = (request, region) => {
  const includesAll = request.flag('IncludeAllInstances') ?? false;
  const nowMs = region.clock.nowMs();
  const also = (instance: Instance): boolean => includesAll || stateAt(instance, nowMs) === 'running';
  const page = selectedPage({ request, region, operation: 'DescribeInstanceStatus', also });
  return {
    instanceStatusSet: items(page.rows.map((instance) => statusXml(region, instance))),
    ...nextToken(page.next),
  };
};
