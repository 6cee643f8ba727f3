import { createHash } from 'node:crypto';

/** AWS: with fewer types in a request the score is always low. */
const TYPES_PER_QUESTION = 3;

/** What is asked of AWS; the answer belongs to exactly these words. */
export interface Question {
  readonly region: string;
  /** In alphabetical order. */
  readonly instanceTypes: readonly string[];
  readonly targetCapacity: number;
}

const NAMED_SIZES = ['nano', 'micro', 'small', 'medium', 'large', 'xlarge'];
const METAL_RANK = 99;

/** One step per doubling, from `nano` = 0; `2xlarge` is 6. */
function sizeRank(size: string): number {
  const named = NAMED_SIZES.indexOf(size);
  if (named >= 0) return named;
  const multiple = /^(\d+)xlarge$/.exec(size)?.[1];
  return multiple === undefined ? METAL_RANK : NAMED_SIZES.length - 1 + Math.log2(Number(multiple));
}

interface Shape {
  readonly family: string;
  /** The letters before the generation: `m` of `m5a`. */
  readonly kind: string;
  readonly rank: number;
}

function shapeOf(instanceType: string): Shape {
  const [family = '', size = ''] = instanceType.split('.');
  return { family, kind: /^[a-z]+/.exec(family)?.[0] ?? family, rank: sizeRank(size) };
}

/** How unlike two types are: another family weighs more than any size, another kind more than any family. */
function distance(a: Shape, b: Shape): number {
  const family = a.family === b.family ? 0 : 200;
  const kind = a.kind === b.kind ? 0 : 400;
  return family + kind + Math.abs(a.rank - b.rank);
}

/**
 * The question that stands for one type: the type and those of the candidates that are most like it, because AWS
 * scores a single type always low. Neighbours of one family are in the same racks as a rule, so that their score
 * says most about the type. Null when there are too few candidates.
 */
export function questionOf(
  region: string,
  instanceType: string,
  candidates: Iterable<string>,
): Question | null {
  const own = shapeOf(instanceType);
  const others = [...new Set(candidates)]
    .filter((candidate) => candidate !== instanceType)
    .map((candidate) => ({ candidate, distance: distance(own, shapeOf(candidate)) }))
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, TYPES_PER_QUESTION - 1)
    .map(({ candidate }) => candidate);
  if (others.length < TYPES_PER_QUESTION - 1) return null;
  return { region, instanceTypes: [instanceType, ...others].sort(), targetCapacity: 1 };
}

/** The same for the same request to AWS, whatever asks it. */
export function fingerprintOf({ region, instanceTypes, targetCapacity }: Question): string {
  const words = JSON.stringify([region, instanceTypes, targetCapacity, 'single-zone']);
  return createHash('sha256').update(words).digest('hex');
}
