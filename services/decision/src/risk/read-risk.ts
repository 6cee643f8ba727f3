import type {
  PastRisk,
  PoolRisk as PoolRiskRpc,
  PoolRiskView,
  RpcRequest,
  RpcResponse,
} from '@spotopt/contracts';
import type { UnitOfWork } from '@spotopt/kernel';
import type { PastScore, PoolRisk, RiskStore } from './ports.js';

export class ReadRisk {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly risks: RiskStore,
  ) {}

  async execute(request: RpcRequest<typeof PoolRiskRpc>): Promise<RpcResponse<typeof PoolRiskRpc>> {
    const { history: window, ...filter } = request;
    const { risks, past } = await this.uow.read(async (tx) => {
      const found = await this.risks.list(tx, filter);
      if (window === null) return { risks: found, past: [] };
      const poolIds = found.map(({ poolId }) => poolId);
      const span = { from: new Date(window.from), to: new Date(window.to) };
      return { risks: found, past: await this.risks.history(tx, poolIds, span) };
    });
    const history = Map.groupBy(past, ({ poolId }) => poolId);
    return { pools: risks.map((risk) => viewOf(risk, history.get(risk.poolId) ?? [])) };
  }
}

function viewOf(risk: PoolRisk, history: readonly PastScore[]): PoolRiskView {
  const { poolId, region, az, instanceType, watchedSince } = risk;
  return {
    ...{ poolId, region, az, instanceType },
    ...pastView(risk),
    watchedSince: watchedSince.toISOString(),
    history: history.map(pastView),
  };
}

function pastView(past: Omit<PastScore, 'poolId'>): PastRisk {
  const { score, label, parts, confidence, lossPerHour, cause, scoredAt } = past;
  return { score, label, parts, confidence, lossPerHour, cause, scoredAt: scoredAt.toISOString() };
}
