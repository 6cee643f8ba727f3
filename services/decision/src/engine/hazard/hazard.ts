import { Engine, type Observation, type Proposal } from '../engine.js';
import { choose } from './choose-placement.js';
import { type EngineIdentity, proposalOf } from './explain.js';
import { lossRates } from './loss-rate.js';
import type { LossPerHour } from './place.js';

/**
 * The default engine: learns how often each pool takes machines back, and puts primary and standby where machines,
 * losses and moves together are expected to cost least.
 */
export class HazardEngine extends Engine {
  override readonly name = 'hazard';
  override readonly version = '1';

  override propose(observation: Observation): Proposal {
    return proposeAt(observation, lossRates(observation), {
      engine: this.name,
      engineVersion: this.version,
    });
  }
}

/** The same choice at rates of loss from elsewhere, such as a model. */
export function proposeAt(
  observation: Observation,
  lossPerHour: LossPerHour,
  identity: EngineIdentity,
): Proposal {
  return proposalOf(observation, choose(observation, lossPerHour), lossPerHour, identity);
}
