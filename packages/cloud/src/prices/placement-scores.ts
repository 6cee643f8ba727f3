import { AppError } from '@spotopt/kernel';

/** AWS: a request with fewer types always scores low, which says nothing about the capacity. */
export const FEWEST_SCORED_TYPES = 3;

export interface PlacementQuestion {
  readonly region: string;
  /** Any of them will do; at least three. The answer belongs to exactly this list. */
  readonly instanceTypes: readonly string[];
  /** Instances wanted. */
  readonly targetCapacity: number;
}

export interface ZoneScore {
  readonly az: string;
  /** 1 (a spot request will likely fail) to 10 (it will likely succeed), as of now and not for later. */
  readonly score: number;
}

/** How likely a spot request finds capacity, zone by zone. */
export abstract class PlacementScores {
  /**
   * Scores of the zones that AWS ranks, at most ten; a zone that is missing is unknown, and so is every zone when
   * this throws.
   * @throws AppError `placement-score-limit` (transient): too many different questions in 24 hours, use what was
   * answered before; `too-few-types` (bug); `access-denied` without `ec2:GetSpotPlacementScores`
   */
  abstract scores(question: PlacementQuestion): Promise<readonly ZoneScore[]>;
}

/** @throws AppError `too-few-types` (bug) */
export function checkPlacementQuestion({ instanceTypes }: PlacementQuestion): void {
  if (new Set(instanceTypes).size >= FEWEST_SCORED_TYPES) return;
  throw AppError.bug('too-few-types', 'a placement score needs at least three instance types', {
    details: { instanceTypes: instanceTypes.join(' ') },
  });
}
