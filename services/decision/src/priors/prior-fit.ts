import type { FittedPriors, HazardPriorFit } from '@spotopt/contracts';
import type { QueuedJob } from '../queue/queued-job.js';
import type { HazardPriors } from './spell-model.js';

/** The record of a fit. */
export interface PriorFit extends QueuedJob {
  readonly fitId: string;
  readonly from: Date;
  readonly until: Date;
  readonly region: string | null;
  readonly instanceTypes: readonly string[] | null;
  readonly pools: readonly string[];
  readonly priors: FittedPriors | null;
}

/** Of the market itself; one that the fit has not seen is taken for like all of them together. */
export function priorsFor(
  { all, markets }: FittedPriors,
  market: { readonly region: string; readonly instanceType: string },
): HazardPriors {
  const { up, down } =
    markets.find(
      ({ region, instanceType }) => region === market.region && instanceType === market.instanceType,
    ) ?? all;
  return {
    up: { alpha: up.alpha, betaSeconds: up.betaSeconds },
    down: { alpha: down.alpha, betaSeconds: down.betaSeconds },
  };
}

export function viewOf(fit: PriorFit, activeFitId: string | null): HazardPriorFit {
  const { fitId, state, region, instanceTypes, progress, priors, error } = fit;
  return {
    ...{ fitId, state, region, progress, priors, error, active: fitId === activeFitId },
    instanceTypes: instanceTypes === null ? null : [...instanceTypes],
    from: fit.from.toISOString(),
    until: fit.until.toISOString(),
    createdAt: fit.createdAt.toISOString(),
    finishedAt: fit.finishedAt?.toISOString() ?? null,
    pools: fit.pools.length,
  };
}
