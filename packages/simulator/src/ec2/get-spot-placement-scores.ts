import { awsError } from '../aws/aws-error.js';
import type { QueryReader } from '../aws/query-reader.js';
import { items } from '../aws/xml.js';
import type { SimulatedRegion } from '../region/simulated-region.js';
import type { Ec2Action } from './action.js';
import { maxResults } from './paging.js';

/** AWS answers the ten best places and no more. */
const MOST_PLACES = 10;
/** Do not make a request another configuration. */
const NOT_OF_THE_CONFIGURATION = ['Action', 'Version', 'DryRun', 'MaxResults', 'NextToken'];

interface Place {
  readonly az: string | undefined;
  readonly score: number;
}

function placesOf(request: QueryReader, region: SimulatedRegion): Place[] {
  const types = request.texts('InstanceType');
  const zones = region.zones.flatMap((zone) => {
    const score = region.placementScores.scoreOf(zone, types);
    return score === undefined ? [] : [{ az: zone.id, score }];
  });
  if (request.flag('SingleAvailabilityZone') === true) return zones;
  return zones.length === 0 ? [] : [{ az: undefined, score: Math.max(...zones.map((place) => place.score)) }];
}

/** Scores of this one region or of its zones, best first; zones are named by id, as AWS does. */
export const getSpotPlacementScores: Ec2Action = (request, region) => {
  const capacity = request.integer('TargetCapacity');
  if (capacity === undefined || capacity < 1) {
    throw awsError('InvalidParameterValue', 'The target capacity must be a positive number');
  }
  const types = request.texts('InstanceType');
  if (types.length === 0) {
    throw awsError('MissingParameter', 'The request must contain the parameter InstanceTypes');
  }
  const unknown = types.find((type) => !region.pools.hasType(type));
  if (unknown !== undefined) {
    throw awsError('InvalidParameterValue', `The instance type '${unknown}' is not supported`);
  }
  maxResults(request, { least: 10, most: 1000 });
  region.placementScores.admit(request.canonical(NOT_OF_THE_CONFIGURATION));
  const regions = request.texts('RegionName');
  const isAsked = regions.length === 0 || regions.includes(region.name);
  const places = isAsked ? placesOf(request, region) : [];
  return {
    spotPlacementScoreSet: items(
      [...places]
        .sort((a, b) => b.score - a.score)
        .slice(0, MOST_PLACES)
        .map((place) => ({ region: region.name, availabilityZoneId: place.az, score: place.score })),
    ),
    nextToken: '',
  };
};
