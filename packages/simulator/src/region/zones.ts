import { createHash } from 'node:crypto';

export interface Zone {
  /** For example `us-east-1a`; what it stands for differs between accounts. */
  readonly name: string;
  /** For example `use1-az2`; the same place in every account. */
  readonly id: string;
  readonly subnetId: string;
}

/** `<instance type>.<zone>`, for example `t3.medium.us-east-1a`. */
export function poolIdOf(instanceType: string, zone: string): string {
  return `${instanceType}.${zone}`;
}

export function regionOfZone(zone: string): string {
  return zone.replace(/[a-z]$/, '');
}

/** `us-east-1` is `use1`, `ap-southeast-2` is `apse2`. */
export function shortRegionName(region: string): string {
  const [area = '', ...rest] = region.split('-');
  const number = rest.pop() ?? '';
  const direction = rest
    .map((word) =>
      word.replace(/^(north|south)(east|west)$/, (_, a: string, b: string) => a.charAt(0) + b.charAt(0)),
    )
    .map((word) => (word.length <= 2 ? word : word.charAt(0)))
    .join('');
  return `${area}${direction}${number}`;
}

/** A stable identifier in the form of AWS: 17 hexadecimal digits after the prefix. */
export function hexId(prefix: string, seed: string): string {
  return `${prefix}-${createHash('sha256').update(seed).digest('hex').slice(0, 17)}`;
}

/**
 * Zone numbers are shifted against the letters, so that a client that guesses the id from the name is wrong
 * here as it would be on AWS.
 */
export function zonesOf(names: readonly string[]): Zone[] {
  return [...names].sort().map((name, index, all) => ({
    name,
    id: `${shortRegionName(regionOfZone(name))}-az${((index + 1) % all.length) + 1}`,
    subnetId: hexId('subnet', name),
  }));
}
