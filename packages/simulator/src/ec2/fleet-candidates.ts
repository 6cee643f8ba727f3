import { awsError } from '../aws/aws-error.js';
import { QueryReader } from '../aws/query-reader.js';
import { availableIn } from '../region/capacity.js';
import type { Market } from '../region/instance.js';
import type { SimulatedRegion } from '../region/simulated-region.js';
import { poolIdOf } from '../region/zones.js';
import { candidateZones, requestedZone } from './launcher.js';

/** One pool that a fleet may take, from one override of one launch template. */
export interface FleetCandidate {
  readonly poolId: string;
  readonly instanceType: string;
  readonly zone: string;
  readonly priority: number | undefined;
  readonly maxPriceUsd: number | undefined;
  readonly namesSubnet: boolean;
  readonly templateId: string;
  readonly templateVersion: number;
  /** Template data with the override's own settings over it. */
  readonly data: QueryReader;
}

/** An override may name several subnets, separated by commas. */
function subnetsOf(override: QueryReader): (string | undefined)[] {
  const subnets = override.text('SubnetId');
  return subnets === undefined ? [undefined] : subnets.split(',').map((id) => id.trim());
}

function zonesFor(override: QueryReader, region: SimulatedRegion, instanceType: string): string[] {
  const named = subnetsOf(override).map((subnetId) => {
    const place =
      subnetId === undefined ? override : QueryReader.parse(`SubnetId=${encodeURIComponent(subnetId)}`);
    return requestedZone(region, place)?.name;
  });
  if (named.every((zone) => zone !== undefined)) return named;
  return candidateZones(region, instanceType, 'on-demand').map((zone) => zone.name);
}

function candidatesOf(config: QueryReader, region: SimulatedRegion): FleetCandidate[] {
  const reference = config.child('LaunchTemplateSpecification');
  const selector = {
    id: reference.text('LaunchTemplateId'),
    name: reference.text('LaunchTemplateName'),
    version: reference.text('Version'),
  };
  const template = region.templates.find(selector);
  const version = region.templates.version(selector);
  const overrides = config.children('Overrides');
  return (overrides.length === 0 ? [QueryReader.empty()] : overrides).flatMap((override) => {
    const data = override.over(version.data);
    const instanceType = data.required('InstanceType');
    return zonesFor(override, region, instanceType).map((zone) => ({
      poolId: poolIdOf(instanceType, zone),
      instanceType,
      zone,
      priority: override.number('Priority'),
      maxPriceUsd: override.number('MaxPrice'),
      namesSubnet: override.has('SubnetId'),
      templateId: template.id,
      templateVersion: version.number,
      data,
    }));
  });
}

export function fleetCandidates(request: QueryReader, region: SimulatedRegion): FleetCandidate[] {
  const candidates = request
    .children('LaunchTemplateConfigs')
    .flatMap((config) => candidatesOf(config, region));
  if (candidates.length > 0) return candidates;
  throw awsError('InvalidFleetConfiguration', 'No pool fits the launch template and its overrides.');
}

interface Ranked {
  readonly candidate: FleetCandidate;
  readonly usdPerHour: number;
  readonly depth: number;
}

type Ranking = (one: Ranked) => number;

const byPrice: Ranking = ({ usdPerHour }) => usdPerHour;
const byPriority: Ranking = ({ candidate }) => candidate.priority ?? Number.MAX_SAFE_INTEGER;
/** Deep pools first; in the simulator every pool without a limit is equally deep. */
const byDepth: Ranking = ({ depth }) => (depth === Number.POSITIVE_INFINITY ? 0 : 1 / (1 + depth));
/** Price, with up to twice its weight for a pool that is nearly empty. */
const byPriceAndDepth: Ranking = (one) => one.usdPerHour * (1 + byDepth(one));

function rankingOf(request: QueryReader, market: Market): Ranking {
  if (market === 'on-demand') {
    const strategy = request.child('OnDemandOptions').text('AllocationStrategy') ?? 'lowest-price';
    return strategy === 'prioritized' ? byPriority : byPrice;
  }
  const strategy = request.child('SpotOptions').text('AllocationStrategy') ?? 'lowest-price';
  const rankings: Readonly<Record<string, Ranking>> = {
    'lowest-price': byPrice,
    diversified: byPrice,
    'price-capacity-optimized': byPriceAndDepth,
    'capacity-optimized': byDepth,
    'capacity-optimized-prioritized': (one) => byDepth(one) * 1e6 + byPriority(one),
  };
  const ranking = rankings[strategy];
  if (ranking === undefined) {
    throw awsError('InvalidParameterValue', `'${strategy}' is no allocation strategy for spot`);
  }
  return ranking;
}

/** The candidates in the order in which the request's allocation strategy tries them. */
export function inOrderOf(
  request: QueryReader,
  region: SimulatedRegion,
  choice: { readonly market: Market; readonly all: readonly FleetCandidate[] },
): FleetCandidate[] {
  const ranking = rankingOf(request, choice.market);
  const nowMs = region.clock.nowMs();
  const ranked = choice.all.map((candidate) => {
    const pool = region.pools.get(candidate.poolId);
    const onDemandUsd = region.priceBook.onDemand(candidate.instanceType)?.usdPerHour;
    const spotUsd = region.priceBook.priceAt(candidate.poolId, nowMs)?.usdPerHour;
    const usdPerHour = (choice.market === 'spot' ? spotUsd : onDemandUsd) ?? Number.MAX_SAFE_INTEGER;
    return { candidate, usdPerHour, depth: pool === undefined ? 0 : availableIn(pool, choice.market) };
  });
  return ranked.sort((a, b) => ranking(a) - ranking(b)).map(({ candidate }) => candidate);
}
