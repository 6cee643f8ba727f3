import type { SpotPlacementScore } from '@aws-sdk/client-ec2';
import type { Ec2Connection } from '../aws-client.js';
import { toCloudError } from '../aws-errors.js';
import {
  checkPlacementQuestion,
  type PlacementQuestion,
  PlacementScores,
  type ZoneScore,
} from './placement-scores.js';

/** EC2's placement scores; asked in the region itself. */
export class Ec2PlacementScores extends PlacementScores {
  /** Zone names by zone id, region by region; an account keeps its own for good. */
  readonly #zoneNames = new Map<string, ReadonlyMap<string, string>>();

  constructor(private readonly connectionTo: (region: string) => Ec2Connection) {
    super();
  }

  override async scores(question: PlacementQuestion): Promise<readonly ZoneScore[]> {
    checkPlacementQuestion(question);
    const names = await this.#namesOf(question.region);
    const found: ZoneScore[] = [];
    let token: string | undefined;
    do {
      const page = await this.#page(question, token);
      found.push(...(page.SpotPlacementScores ?? []).flatMap((raw) => toZoneScore(raw, question, names)));
      token = page.NextToken === '' ? undefined : page.NextToken;
    } while (token !== undefined);
    return found;
  }

  async #page({ region, instanceTypes, targetCapacity }: PlacementQuestion, token: string | undefined) {
    try {
      const { sdk, client } = await this.connectionTo(region).open();
      return await client.send(
        new sdk.GetSpotPlacementScoresCommand({
          // In this order always: AWS counts every new wording as a new configuration.
          InstanceTypes: [...new Set(instanceTypes)].sort(),
          TargetCapacity: targetCapacity,
          TargetCapacityUnitType: 'units',
          SingleAvailabilityZone: true,
          RegionNames: [region],
          ...(token === undefined ? {} : { NextToken: token }),
        }),
      );
    } catch (error) {
      throw toCloudError(error, 'GetSpotPlacementScores');
    }
  }

  async #namesOf(region: string): Promise<ReadonlyMap<string, string>> {
    const known = this.#zoneNames.get(region);
    if (known !== undefined) return known;
    try {
      const { sdk, client } = await this.connectionTo(region).open();
      const answer = await client.send(new sdk.DescribeAvailabilityZonesCommand({}));
      const zones = answer.AvailabilityZones ?? [];
      const names = new Map(zones.map(({ ZoneId = '', ZoneName = '' }) => [ZoneId, ZoneName]));
      this.#zoneNames.set(region, names);
      return names;
    } catch (error) {
      throw toCloudError(error, 'DescribeAvailabilityZones');
    }
  }
}

/** Nothing for another region, a zone that this account does not have, or a score that is none. */
function toZoneScore(
  raw: SpotPlacementScore,
  { region }: PlacementQuestion,
  names: ReadonlyMap<string, string>,
): ZoneScore[] {
  const az = names.get(raw.AvailabilityZoneId ?? '');
  const { Region, Score } = raw;
  if (az === undefined || az === '' || Region !== region || Score === undefined) return [];
  return Number.isInteger(Score) && Score >= 1 && Score <= 10 ? [{ az, score: Score }] : [];
}
