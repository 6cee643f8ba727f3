import type { AppError } from '@spotopt/kernel';
import { type Offering, Offerings } from './ports.js';

/** What a test says is sold. */
export class FixedOfferings extends Offerings {
  failure: AppError | null = null;

  /** `sold`: zones by instance type. */
  constructor(readonly sold: Readonly<Record<string, readonly string[]>>) {
    super();
  }

  override async offered(region: string, instanceTypes: readonly string[]): Promise<readonly Offering[]> {
    if (this.failure !== null) throw this.failure;
    return Object.entries(this.sold).flatMap(([instanceType, zones]) =>
      instanceTypes.some((asked) => isMatch(asked, instanceType))
        ? zones.filter((az) => az.startsWith(region)).map((az) => ({ instanceType, az }))
        : [],
    );
  }
}

function isMatch(asked: string, instanceType: string): boolean {
  return asked.endsWith('*') ? instanceType.startsWith(asked.slice(0, -1)) : asked === instanceType;
}
