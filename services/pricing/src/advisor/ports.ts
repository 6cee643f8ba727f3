import type { SpotAdvice } from '@spotopt/cloud';
import type { Tx } from '@spotopt/kernel';

/** The last known advice of regions. */
export abstract class AdvisorStore {
  /** Replaces everything that is known of the region. */
  abstract replace(tx: Tx, region: string, advice: readonly SpotAdvice[], readAt: Date): Promise<void>;
}
