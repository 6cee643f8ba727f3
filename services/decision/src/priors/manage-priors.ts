import type {
  FitHazardPriors,
  HazardPriorFit,
  ListHazardPriors,
  RpcRequest,
  RpcResponse,
} from '@spotopt/contracts';
import { AppError, type Clock, type Ids, type UnitOfWork } from '@spotopt/kernel';
import { asked } from '../queue/queued-job.js';
import type { RiskStore } from '../risk/ports.js';
import { poolsOf } from '../training/pools-of.js';
import type { PriorFit, PriorFitStore } from './ports.js';
import { viewOf } from './prior-fit.js';
import { BUILT_IN_PRIORS } from './spell-model.js';

export interface ManagePriorsDeps {
  readonly uow: UnitOfWork;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly fits: PriorFitStore;
  readonly risks: RiskStore;
  /** There is something to fit. */
  readonly onAsked: () => void;
}

export class ManagePriors {
  constructor(private readonly deps: ManagePriorsDeps) {}

  /** @throws AppError `invalid-hazard-priors` (permanent) for a time that is none, or when no pool fits */
  async fit(request: RpcRequest<typeof FitHazardPriors>): Promise<{ fit: HazardPriorFit }> {
    const { uow, clock, ids, fits, risks, onAsked } = this.deps;
    const { region, instanceTypes } = request;
    const now = clock.now();
    const from = new Date(request.from);
    const until = new Date(Math.min(Date.parse(request.until), now.getTime()));
    if (from >= until) {
      throw AppError.permanent('invalid-hazard-priors', 'from: expected a time before until and now');
    }
    const fit = await uow.run(async (tx): Promise<PriorFit> => {
      const pools = await poolsOf(tx, risks, { region, instanceTypes });
      const queued: PriorFit = {
        ...{ fitId: ids.next(), from, until, region, instanceTypes, priors: null },
        pools: pools.map(({ poolId }) => poolId),
        ...asked(now),
      };
      await fits.add(tx, queued);
      return queued;
    });
    onAsked();
    return { fit: viewOf(fit, null) };
  }

  async list({ limit }: RpcRequest<typeof ListHazardPriors>): Promise<RpcResponse<typeof ListHazardPriors>> {
    const { uow, fits } = this.deps;
    return uow.read(async (tx) => {
      const activeFitId = await fits.activeFitId(tx);
      const found = await fits.list(tx, limit);
      return {
        builtIn: BUILT_IN_PRIORS,
        activeFitId,
        fits: found.map((fit) => viewOf(fit, activeFitId)),
      };
    });
  }

  /**
   * @param fitId null for the built-in ones
   * @throws AppError `hazard-priors-unknown`, `hazard-priors-not-fitted` (permanent)
   */
  async activate(fitId: string | null): Promise<{ activeFitId: string | null }> {
    const { uow, clock, fits } = this.deps;
    await uow.run(async (tx) => {
      const fit = fitId === null ? null : await fits.find(tx, fitId);
      if (fitId !== null && fit === null) {
        throw AppError.permanent('hazard-priors-unknown', 'fit not found');
      }
      if (fit !== null && fit.state !== 'completed') {
        throw AppError.permanent('hazard-priors-not-fitted', `the fit is ${fit.state}`);
      }
      await fits.activate(tx, fitId, clock.now());
    });
    return { activeFitId: fitId };
  }
}
