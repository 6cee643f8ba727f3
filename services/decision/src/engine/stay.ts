import { Engine, type Observation, type Proposal } from './engine.js';

/** The last resort: it changes nothing, so that it can neither fail nor do harm. */
export class StayEngine extends Engine {
  override readonly name = 'stay';
  override readonly version = '1';

  override propose({ current, standby }: Observation): Proposal {
    return {
      engine: this.name,
      engineVersion: this.version,
      action: 'stay',
      target: null,
      standby: standby === null ? null : { mode: standby.mode, poolId: standby.poolId },
      candidates: [],
      reason: 'no engine gave a usable proposal, so that nothing changes',
      expectedSavingsUsdPerHour: 0,
      expectedSaving: null,
      estimated: current?.estimated ?? false,
      confidence: 1,
    };
  }
}
