import { toAppError } from '@spotopt/kernel';
import { awsError, isAwsError } from '../aws/aws-error.js';
import type { QueryReader } from '../aws/query-reader.js';
import { items, type XmlElement } from '../aws/xml.js';
import type { Market, Instance } from '../region/instance.js';
import type { SimulatedRegion } from '../region/simulated-region.js';
import { uuidOf } from '../region/notice-events.js';
import type { Ec2Action } from './action.js';
import { fleetCandidates, inOrderOf, type FleetCandidate } from './fleet-candidates.js';
import { subnetIdOf, zoneIdOf } from './find-instances.js';
import { launchInPool, specOf, tagsFor } from './launcher.js';

interface FleetError {
  readonly candidate: FleetCandidate;
  readonly code: string;
  readonly message: string;
}

interface Fleet {
  readonly id: string;
  readonly launched: readonly {
    readonly candidate: FleetCandidate;
    readonly instances: readonly Instance[];
  }[];
  readonly errors: readonly FleetError[];
}

interface Target {
  readonly market: Market;
  readonly count: number;
}

function checkRequest(request: QueryReader): void {
  const type = request.text('Type') ?? 'maintain';
  if (type !== 'instant') {
    throw awsError('Unsupported', `The simulator has fleets of type instant only, not ${type}.`);
  }
  if (request.children('LaunchTemplateConfigs').length === 0) {
    throw awsError('MissingParameter', 'The request must contain the parameter LaunchTemplateConfigs');
  }
}

/** What is left of the total after the explicit spot and on-demand parts goes to the default market. */
function targetsOf(request: QueryReader): Target[] {
  const capacity = request.child('TargetCapacitySpecification');
  const total = capacity.integer('TotalTargetCapacity') ?? 0;
  const isSpotDefault = capacity.text('DefaultTargetCapacityType') === 'spot';
  let onDemand = capacity.integer('OnDemandTargetCapacity') ?? 0;
  let spot = capacity.integer('SpotTargetCapacity') ?? 0;
  const rest = Math.max(0, total - onDemand - spot);
  if (isSpotDefault) spot += rest;
  else onDemand += rest;
  const targets: Target[] = [
    { market: 'on-demand', count: onDemand },
    { market: 'spot', count: spot },
  ];
  return targets.filter((target) => target.count > 0);
}

interface FleetLaunch {
  readonly fleetId: string;
  readonly request: QueryReader;
  readonly region: SimulatedRegion;
}

function launchFrom(fleet: FleetLaunch, candidate: FleetCandidate, target: Target): Instance[] {
  const { region, request, fleetId } = fleet;
  const { instanceType, zone, data } = candidate;
  const clientToken = `fleet-${uuidOf(`${fleetId}${candidate.poolId}`)}`;
  const tags = new Map([...tagsFor(data, 'instance'), ...tagsFor(request, 'instance')]);
  tags.set('aws:ec2:fleet-id', fleetId);
  const spec = specOf(data, { instanceType, zone, market: target.market, clientToken, tags });
  const { maxPriceUsd } = candidate;
  return launchInPool(region, {
    operation: 'CreateFleet',
    spec: maxPriceUsd === undefined ? spec : { ...spec, maxPriceUsd },
    minCount: 1,
    maxCount: target.count,
  });
}

/** One attempt in every pool, best first, until the target is met; what a pool refuses becomes an error entry. */
function launchTarget(fleet: FleetLaunch, target: Target): Omit<Fleet, 'id'> {
  const candidates = inOrderOf(fleet.request, fleet.region, {
    market: target.market,
    all: fleetCandidates(fleet.request, fleet.region),
  });
  const launched: { candidate: FleetCandidate; instances: Instance[] }[] = [];
  const errors: FleetError[] = [];
  let missing = target.count;
  for (const candidate of candidates) {
    if (missing <= 0) break;
    try {
      const instances = launchFrom(fleet, candidate, { ...target, count: missing });
      missing -= instances.length;
      launched.push({ candidate, instances });
    } catch (thrown) {
      const { code, message } = toAppError(thrown);
      if (!isAwsError(thrown)) throw thrown;
      errors.push({ candidate, code, message });
    }
  }
  return { launched, errors };
}

function launchFleet(request: QueryReader, region: SimulatedRegion): Fleet {
  const id = `fleet-${uuidOf(region.ids.next())}`;
  const parts = targetsOf(request).map((target) => launchTarget({ fleetId: id, request, region }, target));
  return {
    id,
    launched: parts.flatMap((part) => part.launched),
    errors: parts.flatMap((part) => part.errors),
  };
}

function overridesXml(region: SimulatedRegion, candidate: FleetCandidate): XmlElement {
  return {
    launchTemplateSpecification: {
      launchTemplateId: candidate.templateId,
      version: String(candidate.templateVersion),
    },
    overrides: {
      instanceType: candidate.instanceType,
      availabilityZone: candidate.zone,
      availabilityZoneId: zoneIdOf(region, candidate.zone),
      subnetId: candidate.namesSubnet ? subnetIdOf(region, candidate.zone) : undefined,
      maxPrice: candidate.maxPriceUsd,
      priority: candidate.priority,
    },
  };
}

function lifecycleOf(fleet: Fleet, request: QueryReader): string {
  const market = fleet.launched[0]?.instances[0]?.market ?? targetsOf(request)[0]?.market;
  return market ?? 'on-demand';
}

/**
 * Type `instant` only: one synchronous attempt. Finding nothing is an answer (status 200, no instances, filled
 * errors), which the client token repeats like any other.
 */
export const createFleet: Ec2Action = (request, region) => {
  checkRequest(request);
  const fleet = region.idempotency.once(
    {
      scope: 'CreateFleet',
      token: request.text('ClientToken'),
      fingerprint: request.canonical(['ClientToken']),
    },
    () => launchFleet(request, region),
  );
  return {
    fleetId: fleet.id,
    errorSet: items(
      fleet.errors.map(({ candidate, code, message }) => ({
        launchTemplateAndOverrides: overridesXml(region, candidate),
        lifecycle: lifecycleOf(fleet, request),
        errorCode: code,
        errorMessage: message,
      })),
    ),
    fleetInstanceSet: items(
      fleet.launched.map(({ candidate, instances }) => ({
        launchTemplateAndOverrides: overridesXml(region, candidate),
        lifecycle: instances[0]?.market,
        instanceIds: items(instances.map((instance) => instance.id)),
        instanceType: candidate.instanceType,
        availabilityZone: candidate.zone,
        availabilityZoneId: zoneIdOf(region, candidate.zone),
      })),
    ),
  };
};
