import { ListAgents } from '@spotopt/contracts';
import type { AgentView } from '@spotopt/contracts';
import type { ClientPricingHistoryRoute, QueryOf, ResponseOf } from '@spotopt/contracts/http';
import type { Clock } from '@spotopt/kernel';
import type { AgentDirectory } from '../agents/ports.js';
import { notFound, scopeOf } from '../caller.js';
import type { Caller } from '../caller.js';
import { invalidRequest } from '../invalid-body.js';
import type { ServiceRequests } from '../ports.js';
import { gridOf, lastHours } from './chart-grid.js';
import { onDemandIn } from './read-market.js';
import type { ReadMarket } from './read-market.js';

type Query = QueryOf<typeof ClientPricingHistoryRoute>;
type Answer = ResponseOf<typeof ClientPricingHistoryRoute>;

export interface ClientPricingHistoryParts {
  readonly requests: ServiceRequests;
  readonly directory: AgentDirectory;
  readonly market: ReadMarket;
  readonly clock: Clock;
}

const INTERVAL_SECONDS = { hour: 3_600, day: 86_400 } as const;

/** Prices of the pools that a workload of the caller can run in (I10). */
export class ClientPricingHistory {
  constructor(private readonly parts: ClientPricingHistoryParts) {}

  /** @throws AppError `not-found` (permanent) for a workload that is missing or somebody else’s */
  async execute(caller: Caller, query: Query): Promise<Answer> {
    const { market, clock } = this.parts;
    const agent = await this.#workload(caller, query.agent_id);
    const pools = await market.pools(agent.region, agent.instanceType);
    const grid = gridOf(lastHours(clock.nowMs(), query.days * 24), INTERVAL_SECONDS[query.interval]);
    const series = await market.series(
      pools.map(({ poolId }) => poolId),
      grid,
    );
    const zones = new Map(pools.map(({ poolId, az }) => [poolId, az]));
    const onDemandUsd = onDemandIn(pools).usdPerHour;
    const rows = new Map<string, Answer['history'][number]>();
    for (const { poolId, points } of series) {
      for (const { at, usdPerHour, state } of points) {
        const row = rows.get(at) ?? { timestamp: at, ondemand_price: onDemandUsd, spot_pools: [] };
        row.spot_pools.push({ pool_id: poolId, az: zones.get(poolId) ?? '', price: usdPerHour, state });
        rows.set(at, row);
      }
    }
    return {
      agent_id: agent.agentId,
      instance_type: agent.instanceType,
      region: agent.region,
      days: query.days,
      data_points: rows.size,
      history: [...rows.values()],
    };
  }

  async #workload(caller: Caller, agentRef: string | undefined): Promise<AgentView> {
    const { requests, directory } = this.parts;
    const clientId = scopeOf(caller);
    if (agentRef === undefined && clientId === null) {
      throw invalidRequest([{ path: ['agent_id'], message: 'an administrator has to name a workload' }]);
    }
    const agentId = agentRef === undefined ? null : (await directory.resolve(caller, agentRef)).agentId;
    const { agents } = await requests.ask(ListAgents, { clientId });
    const [first] = agents
      .filter((view) => agentId === null || view.agentId === agentId)
      .sort((a, b) => a.createdAt.localeCompare(b.createdAt));
    if (first === undefined) throw notFound('agent');
    return first;
  }
}
