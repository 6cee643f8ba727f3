import { PoolId, PoolRisk } from '@spotopt/contracts';
import type { PoolRiskView, RpcRequest } from '@spotopt/contracts';
import { notFound } from '../caller.js';
import type { AskOptions, ServiceRequests } from '../ports.js';

type Filter = Pick<RpcRequest<typeof PoolRisk>, 'region' | 'instanceType' | 'label'>;

/** Prices do not wait longer for a figure beside them. */
const BESIDE_TIMEOUT_MS = 1_000;

/** Asks the owner of decisions. */
export class ReadPoolRisk {
  constructor(private readonly requests: ServiceRequests) {}

  async list(filter: Filter, options: AskOptions = {}): Promise<PoolRiskView[]> {
    return (await this.requests.ask(PoolRisk, { ...filter, poolIds: null }, options)).pools;
  }

  /** @throws AppError `not-found` (permanent) for a pool that nobody scored */
  async one(poolId: string, window: { from: Date; to: Date } | null): Promise<PoolRiskView> {
    if (!PoolId.safeParse(poolId).success) throw notFound('pool');
    const history = window === null ? null : { from: window.from.toISOString(), to: window.to.toISOString() };
    const request = { region: null, instanceType: null, poolIds: [poolId], history };
    const [pool] = (await this.requests.ask(PoolRisk, request)).pools;
    if (pool === undefined) throw notFound('pool');
    return pool;
  }

  /** By pool, beside other figures: empty when the owner does not answer. */
  async beside(region: string | null, instanceType: string | null): Promise<Map<string, PoolRiskView>> {
    const asked = this.list({ region, instanceType, label: null }, { timeoutMs: BESIDE_TIMEOUT_MS });
    const risks = await asked.catch(() => []);
    return new Map(risks.map((risk) => [risk.poolId, risk]));
  }
}
