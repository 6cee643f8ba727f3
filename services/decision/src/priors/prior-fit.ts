import type { FittedPriors, HazardPriorFit } from '@spotopt/contracts';
import type { HazardPriors } from './spell-model.js';

/** The record of a fit. */
export interface PriorFit {
  readonly fitId: string;
  readonly state: HazardPriorFit['state'];
  readonly from: Date;
  readonly until: Date;
  readonly region: string | null;
  readonly instanceTypes: readonly string[] | null;
  readonly pools: readonly string[];
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
  readonly progress: number;
  readonly priors: FittedPriors | null;
  readonly error: string | null;
  /** Times that it was begun. */
  readonly attempts: number;
  /** Rises with every write. */
  readonly revision: number;
}

const MAX_ATTEMPTS = 5;

/** The next try, or the end of tries. */
export function begun(fit: PriorFit, now: Date): PriorFit {
  const attempts = fit.attempts + 1;
  if (attempts <= MAX_ATTEMPTS) return { ...fit, state: 'running', attempts, progress: 0 };
  return failed(fit, fit.error ?? `it was cut off ${String(MAX_ATTEMPTS)} times`, now);
}

export function failed(fit: PriorFit, error: string, now: Date): PriorFit {
  return { ...fit, state: 'failed', finishedAt: now, error };
}

export function finished(fit: PriorFit, priors: FittedPriors, now: Date): PriorFit {
  return { ...fit, state: 'completed', progress: 1, finishedAt: now, priors, error: null };
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
